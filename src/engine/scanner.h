// Brings back what is not in memory: what a former incarnation left behind, and what has slept
// in the due index and is due soon. Also deletes what has been finished for long enough.
//
// Runs on one loop; reads the store through the read loop. Memory stays bounded: a page is
// taken only when there is room, and the next one only when every lane has the last.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/lane.h"

namespace treaty {

class Scanner {
 public:
  using LaneOf = std::function<Lane&(const std::string& gid)>;

  // `loop` runs everything here; it may be a lane's.
  Scanner(Shared& shared, Loop& loop, LaneOf lane_of);

  void Start();

 private:
  struct Sweep;  // One way through an index, page by page.
  using FindFn = std::function<Result<std::vector<DueKey>>(const DueKey& after, std::size_t limit)>;
  using EndFn = std::function<void(bool complete)>;

  void Recover();
  void ScanDue();
  void PruneFinished();
  void PruneAfter(Duration delay);
  void Begin(FindFn find, EndFn end);
  void NextPage(std::shared_ptr<Sweep> sweep);
  void OnPage(std::shared_ptr<Sweep> sweep, Result<std::vector<DueKey>> page);
  void Adopt(const std::shared_ptr<Sweep>& sweep, std::string gid);
  void OnSettled(const std::shared_ptr<Sweep>& sweep, bool ok);

  Shared& shared_;
  Loop& loop_;
  const LaneOf lane_of_;
};

}  // namespace treaty
