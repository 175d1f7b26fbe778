// The bytes of a submission, built once; each use only puts in its own gid.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "load_options.h"
#include "socket.h"

namespace treaty::bench {

class SagaRequest {
 public:
  SagaRequest(const LoadOptions& options, const Address& to);

  // Returns the request for the next gid; valid until the next call.
  const std::string& Next();

 private:
  std::string text_;
  std::size_t digits_at_ = 0;
  std::uint64_t counter_ = 0;
};

}  // namespace treaty::bench
