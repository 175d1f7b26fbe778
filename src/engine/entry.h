// A transaction in memory: the copy that a lane drives.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/loop.h"
#include "base/status.h"
#include "core/request.h"
#include "core/step.h"
#include "engine/holders.h"
#include "engine/recall.h"

namespace treaty {

struct Entry;

// What a request has come to: it has staged a change in `next`, or it is to be answered as things
// are. Nobody has been told anything yet.
class Ruled {
 public:
  static Ruled Staged() { return Ruled(nullptr); }
  static Ruled Answered(std::function<void()> tell) { return Ruled(std::move(tell)); }

  bool staged() const { return tell_ == nullptr; }

  // If nothing is staged: tells the client, once.
  void Tell() const { tell_(); }

 private:
  explicit Ruled(std::function<void()> tell) : tell_(std::move(tell)) {}

  std::function<void()> tell_;
};

// A client's request, run on the entry when nothing is being written and the record is known,
// or could not be read (`trouble`). It may be run again: on a copy that others have overtaken what
// it comes to does not count.
using RequestFn = std::function<Ruled(Entry&)>;

// A request as it waits for its turn.
struct Request {
  RequestFn run;
  Time asked =
      kNever;  // When a client came with it, who is answered in time; kNever: nobody waits.
};

// A client that waits until the transaction is finished or at rest.
struct Waiter {
  std::function<void(Answer)> answer;
  bool of_abort = false;  // It asked for the end that a submit's client fears.
};

// So many wait for one transaction at the most.
inline constexpr std::size_t kMostWaiters = 32;

// A call under way.
struct InFlight {
  Call call;
  bool first;  // See Replied::first_call.
};

struct Entry {
  enum class Knowledge : std::uint8_t {
    kAbsent,   // Taken for not stored yet; an insert tells.
    kLoading,  // Being read from the store.
    kPresent,  // `txn` is the record.
  };

  std::string gid;
  Knowledge knowledge = Knowledge::kAbsent;
  Status trouble;  // Why the record could not be read.

  Txn txn;             // Valid when kPresent. Durable, but for changes written behind.
  bool dirty = false;  // `txn` has changes that are not stored yet.

  Txn next;  // What is being written.
  bool writing = false;
  Time asked = kNever;       // By whose request, if a client waits for that: when it came.
  Recall recall;             // Of that write.
  Time busy_since = kNever;  // When the write or the reading under way was begun.
  bool terms_changed = false;
  // What has changed since the last write. If the next one is refused, events are applied again,
  // and the request among them is judged again, on the record as it has become.
  std::vector<std::variant<Event, Request>> unstored;
  std::size_t waiters_before = 0;  // How many waited before that request.

  // How the record stands in the store's indexes.
  std::string owner;
  Time wake = kNever;
  bool claimed = false;      // The next write makes it ours, whoever has it: its owner has ended.
  std::string former_owner;  // The same before the write under way.
  Time former_wake = kNever;

  std::vector<std::variant<Event, Request>> inbox;  // In order of arrival.
  // How many of those came before the record was last read, or its write begun: `txn` is as new as
  // they may expect it to be.
  std::size_t covered = 0;
  bool doubted = false;  // It is read for a request alone: `txn` stands if it cannot be.
  // Others have overtaken the copy once: requests would find it old again.
  bool contended = false;
  std::vector<InFlight> in_flight;

  std::function<void()> counted;  // Told when the crash that it is blamed for is stored.

  // Who is told when the write under way is durable (or refused).
  std::vector<std::function<void(Status)>> acks;
  std::vector<Waiter> waiters;

  // What it counts for, and on whose account; null: nothing is known of it yet.
  std::size_t weight = 0;
  Holders::Holder* holder = nullptr;
  bool parks = false;  // Its room is needed: it leaves memory also for a short sleep.

  Time used = kNever;  // When a request was last served.
  TimerId timer = kNoTimer;
  Time timer_at = kNever;
  Duration poll{0};  // Of somebody else's: the last pause before it was read again.
};

}  // namespace treaty
