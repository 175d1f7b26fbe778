// Keeps the lease of this process: renews it in time, and says when it has been lost.
//
// The end that this process believes in is earlier than the one in the store: it counts from
// before the request was sent, and a margin is taken off. So whoever takes over after the end in
// the store finds that nothing is sent any more (reliability S3).

#pragma once

#include <functional>

#include "base/lease.h"
#include "base/log.h"
#include "base/loop.h"
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
  };

  LeaseKeeper(LeaseTerms terms, Ports ports);

  // Begins the lease, before anything is driven; blocks. See Store::BeginLease.
  Status Begin();

  // Renews it from now on. Any thread may call.
  void Start();

  // Gives the lease back, so that others need not wait for its end; then calls `done` on the loop.
  void End(std::function<void()> done);

 private:
  void Renew();
  void OnRenewed(Time asked, const Status& status);
  void Note(const Status& status);

  const LeaseTerms terms_;
  const Ports ports_;
  bool ending_ = false;
  bool failing_ = false;  // And the log has been told.
};

}  // namespace treaty
