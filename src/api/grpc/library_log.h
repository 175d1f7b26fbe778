// What the gRPC library has to say, in our log rather than on the error output.

#pragma once

#include "base/log.h"

namespace treaty::api {

// While it lives, lines of the library are written to `log` at level debug: they are about
// connections and peers, and whatever concerns a call is told in its status. One at a time in a
// process; `log` outlives it.
class LibraryLog {
 public:
  explicit LibraryLog(Log& log);
  ~LibraryLog();
  LibraryLog(const LibraryLog&) = delete;
  LibraryLog& operator=(const LibraryLog&) = delete;
};

}  // namespace treaty::api
