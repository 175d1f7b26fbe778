// On whose behalf things happen, for tests of who is blamed when the process ends.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/at_work_on.h"
#include "participant/world.h"
#include "runtime/lookup_threads.h"

namespace treaty::test {

// Of the calls that CallTo makes.
inline bool IsNoted() {
  const std::string* gid = AtWorkOn::current();
  return gid != nullptr && *gid == "g-1";
}

// What a participant asks while it makes calls, and how often on their behalf.
struct Asked {
  std::atomic<int> names{0};
  std::atomic<int> noted_names{0};
  int noted_may_send = 0;

  std::function<bool()> may_send() {
    return [this] {
      noted_may_send += IsNoted() ? 1 : 0;
      return true;
    };
  }
};

// Every name is this machine, but for those that begin with "hangs": until `asked` has gone.
inline Lookup LoopbackFor(const std::shared_ptr<Asked>& asked) {
  return [weak = std::weak_ptr(asked)](const std::string& name) -> Result<Addresses> {
    if (const auto alive = weak.lock()) {
      ++alive->names;
      alive->noted_names += IsNoted() ? 1 : 0;
    }
    while (name.starts_with("hangs") && !weak.expired()) std::this_thread::yield();
    return Addresses{boost::asio::ip::address_v4::loopback()};
  };
}

// Makes the call, and fails unless its end is told on its behalf and nothing is left behind.
inline BranchReply AskBlamed(World& world, BranchCall call) {
  BranchReply got;
  bool ended = false;
  world.participant().Call(std::move(call), [&](const BranchReply& reply) {
    EXPECT_TRUE(IsNoted());
    got = reply;
    ended = true;
  });
  world.RunUntil([&] { return ended; });
  EXPECT_EQ(AtWorkOn::current(), nullptr);
  return got;
}

}  // namespace treaty::test
