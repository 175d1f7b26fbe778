// The judge of G10's second half: nothing kills twice what it can kill only three times. Counts
// for itself how many processes a transaction has killed without any progress in between.

#pragma once

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

  void OnStart() { ++incarnation_; }

  // The process dies of it, once the event at hand is over.
  void OnKilled(const std::string& gid) {
    Life& life = lives_[gid];
    if (std::exchange(life.killed, incarnation_) == incarnation_) return;
    if (++life.kills > 3) fail_(gid, "G10: it has killed more than three processes");
  }

  void OnStored(const Txn& next) {
    Life& life = lives_[next.gid()];
    if (next.deaths > life.deaths) CheckCount(next, life);
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
    unsigned killed = 0;      // The last incarnation that died of it.
    unsigned counted_in = 0;  // The incarnation that counted last.
  };

  // Each process counts the end of its predecessor, and that once.
  void CheckCount(const Txn& next, Life& life) {
    if (next.deaths != life.deaths + 1) fail_(next.gid(), "G10: a death was skipped");
    if (life.counted_in == incarnation_) fail_(next.gid(), "G10: a death was counted twice");
    life.counted_in = incarnation_;
    if (next.deaths == 3) marks_.Hit(Mark::kQuarantined);
  }

  Marks& marks_;
  const FailFn fail_;
  unsigned incarnation_ = 0;
  std::map<std::string, Life> lives_;
};

}  // namespace treaty::sim
