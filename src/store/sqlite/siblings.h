// The files beside an open database that SQLite keeps in step with it: the write-ahead log, which
// holds what was committed last, and its index.

#pragma once

#include <sys/types.h>

#include <array>
#include <string>

#include "base/status.h"

namespace treaty {

// Which files they are, as found while a connection has them open; until that closes, no other
// file can be the same. They are not opened here: to close a descriptor of theirs would give up
// SQLite's locks.
class Siblings {
 public:
  // kUnavailable: one of them is missing.
  static Result<Siblings> Of(const std::string& path);

  // The name of one that is no longer the file that it was; empty: there is none.
  std::string Lost() const;

 private:
  struct File {
    std::string path;
    dev_t device = 0;
    ino_t node = 0;
  };
  std::array<File, 2> files_;
};

}  // namespace treaty
