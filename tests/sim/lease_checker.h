// Nothing is sent after the end of a process's lease, as the store has it (reliability S3, G6).

#pragma once

#include <string>

#include "base/time.h"

namespace treaty::sim {

class LeaseChecker {
 public:
  // The store has given or renewed the lease; kNever: it has ended it.
  void OnHeld(Time end) {
    leased_ = true;
    end_ = end;
  }

  // Returns what is wrong with a call that is sent now; empty: nothing.
  std::string OnCall(Time now) const {
    return leased_ && now >= end_ ? "S3: called after the end of the process's lease" : "";
  }

 private:
  bool leased_ = false;
  Time end_ = kNever;
};

}  // namespace treaty::sim
