// One resetCronTime: makes many sleeping transactions due, a page at a time. A page is taken only
// when there is room for it in memory, and the next one only when every lane has the last.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/lane.h"

namespace treaty {

class ResetRound : public std::enable_shared_from_this<ResetRound> {
 public:
  using LaneOf = std::function<Lane&(const std::string& gid)>;
  using Done = std::function<void(Result<Engine::ResetReport>)>;

  // Resets up to `limit`. `loop` runs everything here; it may be a lane's.
  ResetRound(Shared& shared, Loop& loop, LaneOf lane_of, std::size_t limit);

  // Walks those that sleep past now + `timeout`. Reports what was done, once: at the end, when the
  // engine stops, when there has been no room for a while, or why the store could not be read.
  // has_remaining says that not all were looked at.
  void Start(Duration timeout, Done done);

 private:
  void NextPage();
  void WaitForRoom();
  void OnPage(Result<std::vector<DueKey>> page);
  void Reset(const std::string& gid);
  void OnReset(const Result<ResetOutcome>& reset);
  void Report(bool complete);

  Shared& shared_;
  Loop& loop_;
  const LaneOf lane_of_;
  const std::size_t limit_;
  DueKey after_;
  bool last_page_ = false;
  std::size_t open_ = 0;
  std::size_t succeeded_ = 0;
  std::size_t waits_ = 0;  // In a row, for room.
  Time begun_ = kNever;
  Status trouble_;  // Why one could not be reset.
  Done done_;
};

}  // namespace treaty
