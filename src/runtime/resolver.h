// Names to addresses, with a cache; of one loop.

#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "runtime/lookup_threads.h"

namespace treaty {

// Used on the loop's thread only. Look-ups under way when it is destroyed are never reported.
//
// A name that hangs delays no other: look-ups run on several threads, one per name at a time, and
// an answer that has grown old is used once more as long while it is being refreshed.
class Resolver {
 public:
  using Done = std::function<void(const Result<Addresses>&)>;

  static constexpr std::size_t kMostLookups = 16;  // At a time.
  static constexpr Duration kFailureTtl = std::chrono::seconds(1);

  // `ttl`: how long an answer is used without asking again.
  Resolver(boost::asio::io_context& context, Duration ttl, Lookup lookup = SystemLookup);

  // Reports the addresses of `name`, never none. May report before it returns (cache, literal).
  void Resolve(const std::string& name, Done done);

  // The addresses known for `name` do not work: the next Resolve asks anew.
  void Forget(const std::string& name) { cache_.erase(name); }

 private:
  using Steady = std::chrono::steady_clock;
  struct Known {
    Result<Addresses> answer;
    Steady::time_point fresh_until;
    Steady::time_point usable_until;
  };

  void Ask(const std::string& name);
  void Answer(const std::string& name, const Result<Addresses>& answer);
  void Remember(const std::string& name, const Result<Addresses>& answer);

  boost::asio::io_context& context_;
  const Duration ttl_;
  std::unordered_map<std::string, Known> cache_;
  std::unordered_map<std::string, std::vector<Done>> asked_;  // Being looked up, and for whom.
  const std::shared_ptr<Resolver*> self_;  // What an answer finds its way back by; gone with this.
  LookupThreads threads_;
};

}  // namespace treaty
