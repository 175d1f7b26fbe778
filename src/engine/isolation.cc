#include "engine/isolation.h"

#include <utility>

namespace treaty {
namespace {

constexpr Duration kLongestTurn = std::chrono::milliseconds(200);

}  // namespace

void Isolation::Enter(std::string gid, Loop& home, std::function<void()> go) {
  loop_.Post([this, waiting = Waiting{std::move(gid), &home, std::move(go)}] {
    line_.push_back(waiting);
    if (!taken_) Next();
  });
}

void Isolation::Leave(const std::string& gid) {
  loop_.Post([this, gid] {
    if (!taken_ || line_.front().gid != gid) return;
    line_.pop_front();
    Next();
  });
}

void Isolation::Next() {
  ++turn_;
  taken_ = !line_.empty();
  if (!taken_) return;
  const Waiting& first = line_.front();
  first.home->Post(first.go);
  loop_.After(kLongestTurn, [this, turn = turn_] {
    if (turn != turn_) return;
    line_.pop_front();
    Next();
  });
}

}  // namespace treaty
