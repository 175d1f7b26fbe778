// Lets transactions that two processes have died with be driven one at a time, so that a third
// death tells which of them it was (reliability G10).
//
// Any thread may call; the turns are kept on one loop.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "base/loop.h"

namespace treaty {

class Isolation {
 public:
  explicit Isolation(Loop& loop) : loop_(loop) {}

  // Runs `go` on `home` when it is the turn of `gid`. The turn ends with Leave, or after a short
  // time without it: one that hangs is no killer, and the others wait.
  void Enter(std::string gid, Loop& home, std::function<void()> go);

  // Ends the turn of `gid`, if it has it.
  void Leave(const std::string& gid);

 private:
  struct Waiting {
    std::string gid;
    Loop* home;
    std::function<void()> go;
  };

  void Next();

  Loop& loop_;
  std::deque<Waiting> line_;  // The first has the turn, if `taken_`.
  bool taken_ = false;
  std::uint64_t turn_ = 0;
};

}  // namespace treaty
