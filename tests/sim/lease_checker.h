// Nothing is sent by a process whose lease has ended, as others see it (reliability S3, G6).

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"

namespace treaty::sim {

class LeaseChecker {
 public:
  // It lasts until `end`, in true time; kNever: it was given back or reaped.
  void OnHeld(std::uint32_t process, Time end) { ends_[process] = end; }

  // Returns what is wrong with a call that is sent now; empty: nothing.
  std::string OnCall(std::uint32_t process, Time now) const {
    const auto found = ends_.find(process);
    const bool over = found != ends_.end() && now >= found->second;
    return over ? "S3: called after the end of the process's lease" : "";
  }

 private:
  std::map<std::uint32_t, Time> ends_;  // Of those who have ever had one.
};

}  // namespace treaty::sim
