#include "store/sqlite/siblings.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/system_words.h"

namespace treaty {

Result<Siblings> Siblings::Of(const std::string& path) {
  Siblings siblings;
  siblings.files_[0].path = path + "-wal";
  siblings.files_[1].path = path + "-shm";
  for (File& file : siblings.files_) {
    struct stat found{};
    if (stat(file.path.c_str(), &found) != 0) {
      return Status(Code::kUnavailable,
                    "could not find " + file.path + " beside the database: " + SystemWords(errno));
    }
    file.device = found.st_dev;
    file.node = found.st_ino;
  }
  return siblings;
}

std::string Siblings::Lost() const {
  for (const File& file : files_) {
    struct stat found{};
    const bool there = stat(file.path.c_str(), &found) == 0;
    if (!there || found.st_dev != file.device || found.st_ino != file.node) return file.path;
  }
  return {};
}

}  // namespace treaty
