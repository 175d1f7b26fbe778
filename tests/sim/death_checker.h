// The judge of G10's second half: nothing kills twice what it can kill only three times. Counts
// for itself how many processes a transaction has killed without any progress in between.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/marks.h"
#include "store/store.h"

namespace treaty::sim {

class DeathChecker {
 public:
  using FailFn = std::function<void(const std::string& gid, std::string what)>;
  DeathChecker(Marks& marks, FailFn fail) : marks_(marks), fail_(std::move(fail)) {}

  // How many instances there are: each of them may die once of what the others are about to count.
  void SetInstances(unsigned count) { instances_ = count; }

  // The process dies of it, once the event at hand is over.
  void OnKilled(std::uint32_t process, const std::string& gid) {
    Life& life = lives_[gid];
    if (std::exchange(life.killed, process) == process) return;
    if (++life.kills > 3 + instances_ - 1) fail_(gid, "G10: it has killed too many processes");
  }

  void OnStored(std::uint32_t process, const Txn& next) {
    Life& life = lives_[next.gid()];
    if (next.deaths > life.deaths) CheckCount(process, next, life);
    if (next.deaths == 0) life.kills = 0;
    if (life.deaths == 3 && next.deaths == 0) marks_.Hit(Mark::kReleased);
    life.deaths = next.IsFinished() ? 0 : next.deaths;
  }

  void OnCall(const std::string& gid) const {
    const auto found = lives_.find(gid);
    const bool set_aside = found != lives_.end() && found->second.deaths >= 3;
    if (set_aside) fail_(gid, "G10: called while in quarantine");
  }

  std::vector<std::string> Quarantined() const {
    std::vector<std::string> gids;
    for (const auto& [gid, life] : lives_) {
      if (life.deaths >= 3) gids.push_back(gid);
    }
    return gids;
  }

 private:
  struct Life {
    unsigned deaths = 0;  // As stored.
    unsigned kills = 0;
    std::uint32_t killed = 0;      // The last process that died of it.
    std::uint32_t counted_in = 0;  // The process that counted last.
  };

  // Each process counts the end of its predecessor, and that once. Among several a count whose
  // commit had no answer is made again where another instance wrote before that was settled.
  void CheckCount(std::uint32_t process, const Txn& next, Life& life) {
    if (next.deaths != life.deaths + 1) fail_(next.gid(), "G10: a death was skipped");
    if (life.counted_in == process && instances_ == 1)
      fail_(next.gid(), "G10: a death was counted twice");
    life.counted_in = process;
    if (next.deaths == 3) marks_.Hit(Mark::kQuarantined);
  }

  Marks& marks_;
  const FailFn fail_;
  unsigned instances_ = 1;
  std::map<std::string, Life> lives_;
};

}  // namespace treaty::sim
