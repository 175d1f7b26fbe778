// Asio asks the system's resolver on a thread of its own; the answers come to the loop.

#include "runtime/resolver.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace treaty {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostNames = 10'000;

}  // namespace

Resolver::Resolver(boost::asio::io_context& context, Duration ttl)
    : ttl_(ttl), self_(std::make_shared<Resolver*>(this)), tcp_(context) {}

void Resolver::Resolve(const std::string& name, Done done) {
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(name, error);
  if (!error) {
    done(Addresses{literal});
    return;
  }
  const auto known = cache_.find(name);
  if (known != cache_.end() && Steady::now() < known->second.until) {
    const Result<Addresses> answer = known->second.addresses;
    done(answer);
    return;
  }
  std::vector<Done>& waiting = waiting_[name];
  waiting.push_back(std::move(done));
  if (waiting.size() == 1) Ask(name);
}

void Resolver::Ask(const std::string& name) {
  std::weak_ptr<Resolver*> self = self_;
  tcp_.async_resolve(
      name, "", [self, name](const boost::system::error_code& error, const auto& entries) {
        const auto alive = self.lock();
        if (!alive) return;
        Addresses addresses;
        for (const auto& entry : entries) {
          const auto address = entry.endpoint().address();
          const bool seen =
              std::find(addresses.begin(), addresses.end(), address) != addresses.end();
          if (!seen) addresses.push_back(address);
        }
        if (error || addresses.empty()) {
          (*alive)->Answer(name, Status{Code::kUnavailable, "resolve: " + error.message()});
        } else {
          (*alive)->Answer(name, addresses);
        }
      });
}

void Resolver::Answer(const std::string& name, const Result<Addresses>& answer) {
  if (cache_.size() >= kMostNames) cache_.clear();
  if (answer.ok()) cache_[name] = {*answer, Steady::now() + ttl_};
  auto waiting = waiting_.extract(name);
  if (waiting.empty()) return;
  for (const Done& done : waiting.mapped()) done(answer);
}

}  // namespace treaty
