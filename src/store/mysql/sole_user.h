// The right to be the only daemon on a database: a lock of the server's that lasts as long as the
// connection that took it.

#pragma once

#include <cstdint>

#include "base/status.h"
#include "store/mysql/connection.h"

namespace treaty {

// For one thread at a time.
class SoleUser {
 public:
  // Takes the lock on `connection`, a new one. A former connection of ours that the server has not
  // missed yet, because the network or the server stood still, is ended first. Fails with
  // kAlreadyExists while somebody else holds it.
  Status Take(MysqlConnection& connection);

 private:
  std::int64_t former_ = 0;  // The server's id of the connection that holds it, as far as we know.
};

}  // namespace treaty
