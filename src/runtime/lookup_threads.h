// Runs look-ups of names, which block and cannot be cancelled, on threads of their own.

#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace treaty {

using Addresses = std::vector<boost::asio::ip::address>;
// Blocks; returns at least one address, each once, or why there is none.
using Lookup = std::function<Result<Addresses>(const std::string& name)>;

// Asks the system (getaddrinfo).
Result<Addresses> SystemLookup(const std::string& name);

// Used by one thread. Threads are started as they are needed and stay.
class LookupThreads {
 public:
  using Done = std::function<void(Result<Addresses>)>;

  LookupThreads(Lookup lookup, std::size_t most_threads);
  // Does not wait for look-ups under way; they report to nobody.
  ~LookupThreads();
  LookupThreads(const LookupThreads&) = delete;
  LookupThreads& operator=(const LookupThreads&) = delete;

  struct Question {
    std::string name;
    std::string gid;  // On whose behalf; empty: nobody's.
  };

  // Calls `done` on one of the threads, or at once if the system has none for us; it must not
  // block. Waits for a free thread in line. Where a look-up lacks memory or descriptors, that is
  // the answer.
  void Start(Question question, Done done);

 private:
  struct State;
  bool StartThread();
  static void Work(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace treaty
