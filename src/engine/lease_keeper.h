// Keeps the lease of this process: takes it, renews it in time, says when it has been lost; and
// reaps those of others that have ended.
//
// The end that this process believes in is earlier than the one that others wait for: it counts
// from before the request was sent, and a margin is taken off. So whoever takes over finds that
// nothing is sent any more (reliability S3).

#pragma once

#include <functional>
#include <vector>

#include "base/lease.h"
#include "base/log.h"
#include "base/loop.h"
#include "engine/lease_watch.h"
#include "store/store.h"

namespace treaty {

class LeaseKeeper {
 public:
  struct Ports {
    Loop* loop = nullptr;      // Timers and results.
    Loop* blocking = nullptr;  // Runs the store's calls; nothing else keeps it busy for long.
    Store* store = nullptr;
    Lease* lease = nullptr;
    Log* log = nullptr;
    std::function<void()> regained;                   // It holds again after it had run out.
    std::function<void(const treaty::Status&)> lost;  // Somebody has ended it: act no more.
    std::function<void()> reaped;                     // Somebody else's has been ended.
  };

  // `is_only_start`: see EngineConfig.
  LeaseKeeper(LeaseTerms terms, bool is_only_start, Ports ports);

  // Takes the lease, before anything is driven; blocks for a moment. False: not yet, a former start
  // of this instance may be alive; try again soon. kAlreadyExists: it is.
  Result<bool> TryToBegin();

  // Renews it from now on. Any thread may call.
  void Start();

  // On the loop: what a look at the store, begun at `asked` and answered at `answered`, has found.
  void OnSeen(const std::vector<LeaseRow>& leases, Time asked, Time answered);

  // Gives the lease back, so that others need not wait for its end; then calls `done` on the loop.
  void End(std::function<void()> done);

 private:
  Result<bool> Insert(const std::vector<LeaseRow>& former);
  void Renew();
  void OnRenewed(Time asked, const Status& status);
  void Note(const Status& status);
  void Reap(const LeaseRow& ended);
  void OnReaped(const LeaseRow& ended, const Status& status);
  void Extend(Time asked);
  Time Now() const { return ports_.store->clock().Now(); }

  const LeaseTerms terms_;
  const bool is_only_start_;
  const Ports ports_;
  std::vector<LeaseRow> former_;  // Of this instance, as first seen.
  Time former_since_ = kNever;    // And when; kNever: not yet.
  LeaseWatch watch_;
  bool ending_ = false;
  bool failing_ = false;  // And the log has been told.
};

}  // namespace treaty
