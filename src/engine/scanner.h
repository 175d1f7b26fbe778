// Brings back what is not in memory: what others left behind when they ended, and what has slept in
// the due index and is due soon. Also deletes what has been finished for long enough.
//
// Where several instances share the store, each first takes its own share, so that they do not get
// into each other's way; what another one leaves lying anybody takes.
//
// Runs on one loop; reads the store where reads run. Memory stays bounded: a page is
// taken only when there is room, and the next one only when every lane has the last.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/lane.h"
#include "engine/lease_keeper.h"

namespace treaty {

class Scanner {
 public:
  using LaneOf = std::function<Lane&(const std::string& gid)>;

  // `loop` runs everything here; it may be a lane's. `keeper`: null where there are no leases.
  Scanner(Shared& shared, Loop& loop, LaneOf lane_of, LeaseKeeper* keeper);

  void Start();

  // Looks at once: there may be something left behind. On the loop.
  void LookNow();

 private:
  struct Sweep;  // One way through an index, page by page.
  struct Page;   // What was found, and when.
  using FindFn = std::function<Result<Findings>(const DueKey& after, std::size_t limit)>;
  using EndFn = std::function<void(bool complete)>;

  void Recover();
  void Look();
  void LookAfter(Duration delay);
  void OnLook(const Page& page);
  bool IsToTake(const Sweep& sweep, const DueKey& key) const;
  void PruneFinished();
  void PruneAfter(Duration delay);
  std::shared_ptr<Sweep> NewSweep(FindFn find, EndFn end) const;
  void NextPage(std::shared_ptr<Sweep> sweep);
  std::size_t RoomToWake(bool first) const;
  void WaitForRoom(const std::shared_ptr<Sweep>& sweep);
  void OnPage(std::shared_ptr<Sweep> sweep, Page page);
  void Adopt(const std::shared_ptr<Sweep>& sweep, DueKey key);
  void OnSettled(const std::shared_ptr<Sweep>& sweep, bool ok);

  Shared& shared_;
  Loop& loop_;
  const LaneOf lane_of_;
  LeaseKeeper* const keeper_;
  std::size_t living_ = 1;  // Who share the work,
  std::size_t place_ = 0;   // and which of them this one is.
  bool looking_ = false;
  bool look_again_ = false;  // As soon as this look has ended.
  TimerId next_look_ = kNoTimer;
  bool recovering_ = false;
  std::unordered_set<std::string> damaged_;  // What cannot be read, and is left alone.
  bool shares_ = false;                      // The next recovery leaves the others' shares to them.
};

}  // namespace treaty
