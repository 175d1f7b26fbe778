// Keeps a second process away from a database: advisory locks on a file beside it, for other
// processes that use the same name, and on the file itself, for those that use another.

#pragma once

#include <string>
#include <utility>

#include "base/status.h"

namespace treaty {

// Held until destroyed, or until the process ends in whatever way. The file stays: to delete it
// would let two processes hold two files of one name.
//
// One on the database itself outlives every connection to it: closing any descriptor of a file
// gives up the locks that SQLite has on it in this process.
class LockFile {
 public:
  // Fails with kAlreadyExists when another holder lives, kUnavailable when the file cannot be
  // made.
  static Result<LockFile> Acquire(const std::string& path);

  // Whether the file locked is still the one of that name: neither deleted nor replaced.
  bool IsStillNamed() const;

  LockFile(LockFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  LockFile& operator=(LockFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~LockFile();

 private:
  LockFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace treaty
