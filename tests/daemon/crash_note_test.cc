// A crash leaves the name of what it happened on, and is a crash all the same.

#include "daemon/crash_note.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/at_work_on.h"

namespace treaty::daemon {
namespace {

using ::testing::KilledBySignal;

class CrashNoteTest : public ::testing::Test {
 protected:
  CrashNoteTest() {
    std::string name = ::testing::TempDir() + "crash-note.XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/treaty.db.crash";
  }
  ~CrashNoteTest() override { std::filesystem::remove_all(folder_); }

  template <typename Work>
  void Run(Work work) const {
    if (NoteCrashesIn(path_).ok()) work();
  }

  std::string folder_;
  std::string path_;
};

TEST_F(CrashNoteTest, NamesTheInnermostTransactionOfTheThread) {
  const auto crash = [] {
    const std::string outer = "outer";
    const AtWorkOn noted(outer);
    std::thread([] {
      const std::string gid = "g 1";
      const AtWorkOn inner(gid);
      std::abort();
    }).join();
  };
  EXPECT_EXIT(Run(crash), KilledBySignal(SIGABRT), "");
  EXPECT_EQ(ReadCrashNotes(path_), std::vector<std::string>{"g 1"});
}

TEST_F(CrashNoteTest, NamesNoneWhenTheThreadWasAtWorkOnNone) {
  const auto crash = [] {
    {
      const std::string over = "over";
      const AtWorkOn noted(over);
    }
    std::abort();
  };
  EXPECT_EXIT(Run(crash), KilledBySignal(SIGABRT), "");
  EXPECT_TRUE(ReadCrashNotes(path_).empty());
}

TEST_F(CrashNoteTest, ReadsEachOnceUntilItIsCleared) {
  std::ofstream(path_) << "a\nb\na\n\n";
  EXPECT_EQ(ReadCrashNotes(path_), (std::vector<std::string>{"a", "b"}));
  ClearCrashNotes(path_);
  EXPECT_TRUE(ReadCrashNotes(path_).empty());
  EXPECT_TRUE(ReadCrashNotes(folder_ + "/none").empty());
}

TEST_F(CrashNoteTest, AFileThatCannotBeMadeIsNamed) {
  const Status status = NoteCrashesIn(folder_ + "/no/note");
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find("/no/note"), std::string::npos);
}

}  // namespace
}  // namespace treaty::daemon
