// What operators are told of branches that stay without a definite answer (protocol §6).

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/meter.h"
#include "core/txn.h"

namespace treaty {

struct Alert {
  std::string gid;
  TxnStatus status = TxnStatus::kSubmitted;
  std::string branch;  // Its URL.
  std::string error;   // What the last call came to.
  std::uint32_t retry_count = 0;
};

class AlertSink {
 public:
  virtual ~AlertSink() = default;

  // Takes the alert, or drops and counts it. Never waits; any thread may call.
  virtual void Raise(Alert alert) = 0;
};

struct AlertMeters {
  Meter sent;
  Meter failed;                         // Tried in vain.
  Meter dropped;                        // Too many were waiting.
  std::atomic<std::size_t> waiting{0};  // The one being sent too.
};

}  // namespace treaty
