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
  using Done = std::function<void(Engine::ResetReport)>;

  // Resets the first `limit` of `keys`. `loop` runs everything here; it may be a lane's.
  ResetRound(Shared& shared, Loop& loop, LaneOf lane_of, std::vector<DueKey> keys,
             std::size_t limit);

  // Reports what was done, once: at the end, when the engine stops, or when there has been no room
  // for a while. has_remaining then says that there is more.
  void Start(Done done);

 private:
  void NextPage();
  void WaitForRoom();
  void Reset(const std::string& gid);
  void OnReset(bool succeeded);
  void Report();

  Shared& shared_;
  Loop& loop_;
  const LaneOf lane_of_;
  const std::vector<DueKey> keys_;
  const std::size_t end_;  // Those from here on remain.
  std::size_t next_ = 0;
  std::size_t open_ = 0;
  std::size_t succeeded_ = 0;
  std::size_t waits_ = 0;  // In a row, for room.
  Done done_;
};

}  // namespace treaty
