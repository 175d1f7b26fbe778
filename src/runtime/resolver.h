// Names to addresses, with a cache; of one loop.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "runtime/known_names.h"
#include "runtime/lookup_line.h"
#include "runtime/lookup_threads.h"

namespace treaty {

// Used on the loop's thread only. Look-ups under way when it is destroyed are never reported.
//
// A name that hangs delays no other: look-ups run on several threads, one per name at a time, in an
// order that keeps room (lookup_line.h); nobody waits for one longer than `patience`; and an answer
// that has grown old is used once more as long while it is being refreshed.
class Resolver {
 public:
  using Done = std::function<void(const Result<Addresses>&)>;

  // A name that cannot be resolved is asked for again after the first of these, which doubles with
  // each further failure up to the second.
  static constexpr Duration kFailureTtl = std::chrono::seconds(1);
  static constexpr Duration kLongestFailureTtl = std::chrono::seconds(30);
  struct Times {
    Duration ttl{0};  // How long an answer is used without asking again.
    Duration patience = std::chrono::seconds(3);
  };
  Resolver(boost::asio::io_context& context, Times times, Lookup lookup = SystemLookup);

  // Reports the addresses of `name`, never none, or why there are none: in the line and under way
  // it is waited for at most `patience` each. May report before it returns (cache, literal).
  void Resolve(const std::string& name, Done done);

  // The addresses known for `name` do not work: the next Resolve asks anew.
  void Forget(const std::string& name);

 private:
  using Steady = std::chrono::steady_clock;
  using Known = KnownNames::Known;
  // Being looked up, or waiting for it.
  struct Asked {
    std::vector<Done> waiting;
    Steady::time_point until;  // Nobody waits longer.
    bool late = false;         // It has been given up, but runs on.
    std::string gid = {};      // Whose call asked first; empty: nobody's.
  };

  void Ask(const std::string& name);
  void Begin();
  void Answer(const std::string& name, const Result<Addresses>& answer);
  void Remember(const std::string& name, const Result<Addresses>& answer);
  void WaitOn(const std::string& name);
  LookupLine::Standing StandingOf(const std::string& name);
  void SetTimer();
  void GiveUpLate();
  void GiveUp(const std::string& name);

  boost::asio::io_context& context_;
  const Times times_;
  KnownNames cache_;
  std::unordered_map<std::string, Asked> asked_;
  LookupLine line_;
  boost::asio::steady_timer timer_;  // While anything is asked.
  bool timer_set_ = false;
  const std::shared_ptr<Resolver*> self_;  // What an answer finds its way back by; gone with this.
  LookupThreads threads_;
};

}  // namespace treaty
