// flock, because the kernel releases it with the process, and because it also keeps two stores
// of one process apart.

#include "store/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/system_words.h"

namespace treaty {
Result<LockFile> LockFile::Acquire(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Status(Code::kUnavailable,
                  "could not open or create " + path + ": " + SystemWords(errno));
  }
  LockFile lock(path, descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  const int error = errno;
  if (error != EWOULDBLOCK) {
    return Status(Code::kUnavailable, "could not lock " + path + ": " + SystemWords(error));
  }
  return Status(Code::kAlreadyExists, "another process holds " + path +
                                          "; stop it, or give this one a database of its own");
}

bool LockFile::IsStillNamed() const {
  struct stat held{};
  struct stat named{};
  if (fstat(descriptor_, &held) != 0 || stat(path_.c_str(), &named) != 0) return false;
  return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace treaty
