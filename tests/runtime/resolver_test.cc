// Names looked up through a stand-in for the system, which the test can let hang.

#include "runtime/resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "base/at_work_on.h"

namespace treaty {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// What the threads of a resolver ask. Names in `hanging` are not answered until released.
class Names {
 public:
  Result<Addresses> Ask(const std::string& name) {
    std::unique_lock lock(mutex_);
    ++asked_[name];
    const std::string* const gid = AtWorkOn::current();
    askers_[name] = gid == nullptr ? "" : *gid;
    changed_.wait(lock, [&] { return !hanging_.contains(name); });
    if (failing_.contains(name)) return Status{Code::kUnavailable, "resolve: no such name"};
    const auto address = boost::asio::ip::make_address("192.0.2." + std::to_string(asked_[name]));
    return Addresses{address};
  }
  void Hang(const std::string& name) {
    const std::lock_guard lock(mutex_);
    hanging_.insert(name);
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    hanging_.clear();
    changed_.notify_all();
  }
  void Fail(const std::string& name, bool fails) {
    const std::lock_guard lock(mutex_);
    fails ? void(failing_.insert(name)) : void(failing_.erase(name));
  }
  std::string asker(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return askers_[name];
  }
  int asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return asked_[name];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> hanging_;
  std::set<std::string> failing_;
  std::map<std::string, int> asked_;
  std::map<std::string, std::string> askers_;  // Whose note the thread had.
};

class ResolverTest : public ::testing::Test {
 protected:
  // The names outlive the threads, which nobody joins.
  explicit ResolverTest(Duration ttl = std::chrono::seconds(60)) { Renew(ttl); }
  ~ResolverTest() override { names_->Release(); }

  void Renew(Duration ttl, Duration patience = std::chrono::seconds(3)) {
    resolver_ = std::make_unique<Resolver>(
        context_, Resolver::Times{ttl, patience},
        [names = names_](const std::string& name) { return names->Ask(name); });
  }

  // Asks for so many names that hang.
  void Flood(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "hangs" + std::to_string(flooded_++);
      names_->Hang(name);
      Begin(name);
    }
  }

  using Place = std::shared_ptr<std::optional<Result<Addresses>>>;
  Place Begin(const std::string& name) {
    auto place = std::make_shared<std::optional<Result<Addresses>>>();
    resolver_->Resolve(name, [place](const Result<Addresses>& answer) { *place = answer; });
    return place;
  }

  // The last number of the first address; -1 for a failure, 0 for no answer within five seconds.
  int Wait(const Place& place) {
    RunUntil([&] { return place->has_value(); });
    if (!place->has_value()) return 0;
    if (!(*place)->ok()) return -1;
    return (*place)->operator*().front().to_v4().to_bytes()[3];
  }
  int Ask(const std::string& name) { return Wait(Begin(name)); }

  template <typename Condition>
  void RunUntil(Condition condition) {
    const auto deadline = Steady::now() + std::chrono::seconds(5);
    while (!condition() && Steady::now() < deadline) {
      context_.restart();
      context_.run_for(milliseconds(1));
      std::this_thread::yield();
    }
  }

  boost::asio::io_context context_;
  std::shared_ptr<Names> names_ = std::make_shared<Names>();
  std::unique_ptr<Resolver> resolver_;
  std::size_t flooded_ = 0;
};

TEST_F(ResolverTest, LiteralsAreNotLookedUp) {
  EXPECT_EQ(Ask("192.0.2.77"), 77);
  EXPECT_EQ(names_->asked("192.0.2.77"), 0);
}

TEST_F(ResolverTest, AnAnswerIsUsedForItsTime) {
  EXPECT_EQ(Ask("a"), 1);
  EXPECT_EQ(Ask("a"), 1);
  resolver_->Forget("a");
  EXPECT_EQ(Ask("a"), 2);
}

TEST_F(ResolverTest, LookUpsOfOneNameAtTheSameTimeAreOne) {
  names_->Hang("a");
  const Place first = Begin("a");
  const Place second = Begin("a");
  names_->Release();
  EXPECT_EQ(Wait(first), 1);
  EXPECT_EQ(Wait(second), 1);
  EXPECT_EQ(names_->asked("a"), 1);
}

TEST_F(ResolverTest, NamesThatHangDelayNoOther) {
  for (std::size_t i = 0; i + 1 < LookupLine::kMostLookups; ++i) {
    const std::string name = "hangs" + std::to_string(i);
    names_->Hang(name);
    Begin(name);
    Begin(name);
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Ask("good" + std::to_string(i)), 1);
}

TEST_F(ResolverTest, AnOldAnswerIsUsedWhileItIsRefreshed) {
  Renew(milliseconds(1'000));
  EXPECT_EQ(Ask("a"), 1);
  names_->Hang("a");
  RunUntil([start = Steady::now()] { return Steady::now() - start > milliseconds(1'100); });
  EXPECT_EQ(Ask("a"), 1);
  EXPECT_EQ(Ask("a"), 1);
  names_->Release();
  RunUntil([&] { return Ask("a") == 2; });
  EXPECT_EQ(names_->asked("a"), 2);
}

TEST_F(ResolverTest, AVeryOldAnswerIsNotUsed) {
  Renew(milliseconds(50));
  EXPECT_EQ(Ask("a"), 1);
  names_->Hang("a");
  RunUntil([start = Steady::now()] { return Steady::now() - start > milliseconds(150); });
  const Place place = Begin("a");
  EXPECT_FALSE(place->has_value());
  names_->Release();
  EXPECT_EQ(Wait(place), 2);
}

TEST_F(ResolverTest, AFailureIsRememberedForASecond) {
  names_->Fail("a", true);
  EXPECT_EQ(Ask("a"), -1);
  names_->Fail("a", false);
  EXPECT_EQ(Ask("a"), -1);
  EXPECT_EQ(names_->asked("a"), 1);
  RunUntil([start = Steady::now()] { return Steady::now() - start > Resolver::kFailureTtl; });
  EXPECT_EQ(Ask("a"), 2);
}

TEST_F(ResolverTest, AFailureIsRememberedLongerEachTime) {
  names_->Fail("a", true);
  EXPECT_EQ(Ask("a"), -1);
  RunUntil([&] { return Ask("a") == -1 && names_->asked("a") == 2; });
  const auto second = Steady::now();
  RunUntil([&] { return Ask("a") == -1 && names_->asked("a") == 3; });
  EXPECT_GE(Steady::now() - second, 2 * Resolver::kFailureTtl - milliseconds(100));
  EXPECT_EQ(names_->asked("a"), 3);
}

TEST_F(ResolverTest, ANameThatHangsIsGivenUp) {
  Renew(std::chrono::seconds(60), milliseconds(200));
  names_->Hang("a");
  const auto begun = Steady::now();
  EXPECT_EQ(Ask("a"), -1);
  EXPECT_LT(Steady::now() - begun, std::chrono::seconds(2));
  const Place again = Begin("a");
  EXPECT_TRUE(again->has_value()) << "nobody waits for it a second time";
  RunUntil([start = Steady::now()] { return Steady::now() - start > Resolver::kFailureTtl; });
  EXPECT_EQ(Ask("a"), -1);
  EXPECT_EQ(names_->asked("a"), 1);
  names_->Release();
  RunUntil([&] { return Ask("a") == 1; });
  EXPECT_EQ(names_->asked("a"), 1) << "the late answer is used";
}

TEST_F(ResolverTest, WhatNobodyWaitsForIsNotLookedUp) {
  Renew(std::chrono::seconds(60), milliseconds(200));
  // Late ones fill their own room first: then those that follow never give theirs back.
  const std::size_t all = LookupLine::kMostLate + LookupLine::kMostLookups;
  while (flooded_ < all) {
    Flood(LookupLine::kMostLookups);
    RunUntil([&] { return names_->asked("hangs" + std::to_string(flooded_ - 1)) == 1; });
    RunUntil([start = Steady::now()] { return Steady::now() - start > milliseconds(250); });
  }
  EXPECT_EQ(Ask("waits in the line"), -1);
  names_->Release();
  EXPECT_EQ(Ask("good"), 1);
  EXPECT_EQ(names_->asked("waits in the line"), 0);
}

TEST_F(ResolverTest, ManyNamesThatHangDelayNoOther) {
  Renew(milliseconds(300), milliseconds(200));
  EXPECT_EQ(Ask("known"), 1);
  Flood(1'000);
  RunUntil([start = Steady::now()] { return Steady::now() - start > milliseconds(250); });
  EXPECT_EQ(Ask("new"), 1);
  Flood(1'000);
  RunUntil([&] { return Ask("known") == 2; });  // Its first answer has grown too old meanwhile.
  EXPECT_EQ(names_->asked("known"), 2);
}

// With all common room taken, by names that hang.
TEST_F(ResolverTest, AKnownNameThatFailedOnceIsNoLongerAheadOfOthers) {
  const std::size_t lapsed = LookupLine::kKeptForLapsed + 1;
  for (std::size_t i = 0; i < lapsed; ++i) {
    const std::string name = "lapsed" + std::to_string(i);
    EXPECT_EQ(Ask(name), 1);
    names_->Fail(name, true);
    resolver_->Forget(name);
    EXPECT_EQ(Ask(name), -1);
    names_->Hang(name);
  }
  EXPECT_EQ(Ask("known"), 1);
  Flood(LookupLine::kMostLookups);
  RunUntil([start = Steady::now()] { return Steady::now() - start > Resolver::kFailureTtl; });
  for (std::size_t i = 0; i < lapsed; ++i) Begin("lapsed" + std::to_string(i));
  RunUntil([&] { return names_->asked("lapsed" + std::to_string(lapsed - 2)) == 3; });
  EXPECT_EQ(names_->asked("lapsed" + std::to_string(lapsed - 1)), 2) << "there was no room left";
  resolver_->Forget("known");
  EXPECT_EQ(Ask("known"), 2);
}

TEST_F(ResolverTest, TheWaitAfterALookUpThatHungBeginsAtItsEnd) {
  Renew(std::chrono::seconds(60), milliseconds(100));
  names_->Hang("a");
  names_->Fail("a", true);
  EXPECT_EQ(Ask("a"), -1);
  RunUntil([start = Steady::now()] { return Steady::now() - start > Resolver::kFailureTtl; });
  const auto ended = Steady::now();
  names_->Release();
  RunUntil([&] {
    Ask("a");
    return names_->asked("a") == 2;
  });
  EXPECT_GE(Steady::now() - ended, Resolver::kFailureTtl - milliseconds(50));
}

TEST_F(ResolverTest, ALookUpIsMadeOnBehalfOfWhoAskedFirst) {
  const std::string gid = "g-1";
  {
    const AtWorkOn noted(gid);
    Begin("a");
  }
  Begin("b");
  EXPECT_EQ(Ask("a"), 1);
  EXPECT_EQ(Ask("b"), 1);
  EXPECT_EQ(names_->asker("a"), "g-1");
  EXPECT_EQ(names_->asker("b"), "");
}

// Whether by our own allocations or by Asio's.
TEST_F(ResolverTest, ALookUpThatLacksMeansFails) {
  resolver_ = std::make_unique<Resolver>(
      context_, Resolver::Times{}, [](const std::string& name) -> Result<Addresses> {
        if (name == "a") throw std::bad_alloc();
        throw std::system_error(EMFILE, std::generic_category(), "epoll");
      });
  EXPECT_EQ(Ask("a"), -1);
  EXPECT_EQ(Ask("b"), -1);
}

TEST_F(ResolverTest, AFailedRefreshLeavesTheAnswer) {
  Renew(milliseconds(1'000));
  EXPECT_EQ(Ask("a"), 1);
  names_->Fail("a", true);
  RunUntil([start = Steady::now()] { return Steady::now() - start > milliseconds(1'100); });
  EXPECT_EQ(Ask("a"), 1);
  RunUntil([&] { return names_->asked("a") == 2; });
  context_.restart();
  context_.run_for(milliseconds(10));
  EXPECT_EQ(Ask("a"), 1);
}

TEST_F(ResolverTest, GoesAwayWithLookUpsUnderWay) {
  names_->Hang("a");
  const Place place = Begin("a");
  resolver_.reset();
  names_->Release();
  context_.run_for(milliseconds(20));
  EXPECT_FALSE(place->has_value());
}

// No server is asked about a name that is longer than names may be.
TEST(SystemLookupTest, SaysInWordsThatThereIsNoSuchName) {
  const Result<Addresses> answer = SystemLookup(std::string(300, 'a'));
  EXPECT_EQ(answer.status().code(), Code::kUnavailable);
  EXPECT_TRUE(answer.status().message().starts_with("name not found")) << answer.status().message();
}

}  // namespace
}  // namespace treaty
