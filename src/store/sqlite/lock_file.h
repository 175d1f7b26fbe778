// Keeps a second process away from a database: an advisory lock on a file beside it.

#pragma once

#include <string>
#include <utility>

#include "base/status.h"

namespace treaty {

// Held until destroyed, or until the process ends in whatever way. The file itself stays: to
// delete it would let two processes hold two files of one name.
class LockFile {
 public:
  // Fails with kAlreadyExists when another holder lives, kUnavailable when the file cannot be
  // made.
  static Result<LockFile> Acquire(const std::string& path);

  LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  LockFile& operator=(LockFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~LockFile();

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace treaty
