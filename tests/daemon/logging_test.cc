// Lines arrive whole, unforged, at the level asked for, and never make a caller wait.

#include "daemon/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace treaty::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class LoggingTest : public ::testing::Test {
 protected:
  LoggingTest() : folder_(::testing::TempDir() + "logging_test." + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~LoggingTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::unique_ptr<Logging> Open(LogOptions options) {
    options.outputs = Path("log");
    Result<std::unique_ptr<Logging>> log = Logging::Open(options);
    TREATY_CHECK(log.ok());
    return *std::move(log);
  }

 private:
  std::string folder_;
};

TEST_F(LoggingTest, TextLinesCarryTimeLevelAndGid) {
  Open({})->Write(LogLevel::kWarn, "g1", "status 500");

  EXPECT_THAT(Read("log"), MatchesRegex("....-..-..T..:..:..\\....Z warning gid=g1 status 500\n"));
}

TEST_F(LoggingTest, JsonLinesAreOneObjectEach) {
  Open({.json = true})->Write(LogLevel::kInfo, "g1", "said \"no\"");

  EXPECT_THAT(Read("log"), MatchesRegex("\\{\"time\":\"[^\"]*Z\",\"level\":\"info\",\"gid\":\"g1\","
                                        "\"message\":\"said \\\\\"no\\\\\"\"\\}\n"));
}

TEST_F(LoggingTest, ValuesCannotForgeLines) {
  for (const bool json : {false, true}) {
    Open({.json = json})->Write(LogLevel::kInfo, "g\n1", "a\n2026-01-01T00:00:00.000Z info fake");
  }
  const std::string text = Read("log");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

// As a gid under GidCharset: utf8 may be, alone and in a list.
TEST_F(LoggingTest, WhatNobodyWouldSeeIsWrittenAsNumbers) {
  const std::string gid =
      "pay-1\xe2\x80\xae\xe2\x81\xa6"
      "2\xe2\x80\x8b\xf3\xa0\x80\xa0";
  const std::string list = "released: " + gid + ", pay-3\xe2\x80\x8f, pay-4";
  Open({})->Write(LogLevel::kInfo, gid, list);
  EXPECT_THAT(Read("log"), HasSubstr("gid=pay-1\\xe2\\x80\\xae\\xe2\\x81\\xa62\\xe2\\x80\\x8b"
                                     "\\xf3\\xa0\\x80\\xa0 released: pay-1"));
  EXPECT_THAT(Read("log"), HasSubstr("pay-3\\xe2\\x80\\x8f, pay-4\n"));
  Open({.json = true})->Write(LogLevel::kInfo, gid, list);
  EXPECT_THAT(Read("log"), HasSubstr(R"("gid":"pay-1\u202e\u20662\u200b\udb40\udc20","message")"));
  EXPECT_THAT(Read("log"), HasSubstr(R"(pay-3\u200f, pay-4")"));
  const std::string text = Read("log");
  EXPECT_TRUE(std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) << text;
}

TEST_F(LoggingTest, FormatCharactersAreOrdinaryText) {
  Open({})->Write(LogLevel::kInfo, "", "100% {} %v {0}");

  EXPECT_THAT(Read("log"), HasSubstr("100% {} %v {0}\n"));
}

TEST_F(LoggingTest, LinesBelowTheLevelAreNotKeptUntilItChanges) {
  auto log = Open({.level = LogLevel::kWarn});
  EXPECT_FALSE(log->Enabled(LogLevel::kInfo));
  log->Write(LogLevel::kInfo, "", "quiet");
  log->SetLevel(LogLevel::kDebug);
  EXPECT_TRUE(log->Enabled(LogLevel::kDebug));
  log->Write(LogLevel::kDebug, "", "loud");
  log.reset();

  EXPECT_THAT(Read("log"), Not(HasSubstr("quiet")));
  EXPECT_THAT(Read("log"), HasSubstr("loud"));
}

TEST_F(LoggingTest, ReopeningFollowsARenamedFile) {
  auto log = Open({});
  std::filesystem::rename(Path("log"), Path("log.1"));
  ASSERT_TRUE(log->Reopen().ok());
  log->Write(LogLevel::kInfo, "", "after");
  log.reset();

  EXPECT_THAT(Read("log"), HasSubstr("after"));
  EXPECT_EQ(Read("log.1"), "");
}

TEST_F(LoggingTest, AFileThatCannotBeOpenedIsNamed) {
  const Result<std::unique_ptr<Logging>> log = Logging::Open({.outputs = "/nowhere/x.log"});

  ASSERT_FALSE(log.ok());
  EXPECT_THAT(log.status().message(), HasSubstr("/nowhere/x.log"));
}

TEST_F(LoggingTest, AStuckOutputDropsTheOldestLinesAndHoldsNobodyUp) {
  const std::string pipe = Path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  // Held open for reading, but nobody reads: the pipe fills and the writer gets stuck.
  std::fstream reader(pipe, std::ios::in | std::ios::out);
  Result<std::unique_ptr<Logging>> opened = Logging::Open({.outputs = pipe, .queue_lines = 64});
  ASSERT_TRUE(opened.ok());
  std::unique_ptr<Logging> log = *std::move(opened);
  const std::string line(1'000, 'x');

  for (int i = 0; i < 1'000; ++i) log->Write(LogLevel::kInfo, "", line);

  EXPECT_GT(log->dropped(), 0U);
  // Read until the writing thread is through, so that the log can be closed.
  log->Write(LogLevel::kInfo, "", "the end");
  std::string got;
  while (std::getline(reader, got) && got.find("the end") == std::string::npos) {
  }
  EXPECT_THAT(got, HasSubstr("the end"));
}

}  // namespace
}  // namespace treaty::daemon
