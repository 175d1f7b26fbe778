#include "runtime/resolver.h"

#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t kMostNames = 10'000;

}  // namespace

Resolver::Resolver(boost::asio::io_context& context, Duration ttl, Lookup lookup)
    : context_(context),
      ttl_(ttl),
      self_(std::make_shared<Resolver*>(this)),
      threads_(std::move(lookup), kMostLookups) {}

void Resolver::Resolve(const std::string& name, Done done) {
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(name, error);
  if (!error) return done(Addresses{literal});
  const auto now = Steady::now();
  const auto known = cache_.find(name);
  if (known == cache_.end() || now >= known->second.usable_until) {
    const bool first = !asked_.contains(name);
    asked_[name].push_back(std::move(done));
    if (first) Ask(name);
    return;
  }
  const Result<Addresses> answer = known->second.answer;
  const bool refresh = now >= known->second.fresh_until && asked_.try_emplace(name).second;
  if (refresh) Ask(name);
  done(answer);
}

void Resolver::Ask(const std::string& name) {
  const std::weak_ptr<Resolver*> self = self_;
  threads_.Start(name, [&context = context_, self, name](Result<Addresses> answer) {
    boost::asio::post(context, [self, name, answer = std::move(answer)] {
      if (const auto alive = self.lock()) (*alive)->Answer(name, answer);
    });
  });
}

void Resolver::Answer(const std::string& name, const Result<Addresses>& answer) {
  Remember(name, answer);
  const auto asked = asked_.extract(name);
  for (const Done& done : asked.mapped()) done(answer);
}

// A failure does not replace an answer that may still be used.
void Resolver::Remember(const std::string& name, const Result<Addresses>& answer) {
  const auto now = Steady::now();
  const auto known = cache_.find(name);
  const bool keep = known != cache_.end() && known->second.answer.ok() &&
                    now < known->second.usable_until && !answer.ok();
  if (keep) {
    known->second.fresh_until = now + kFailureTtl;
    return;
  }
  if (cache_.size() >= kMostNames) cache_.clear();
  const Duration fresh = answer.ok() ? ttl_ : kFailureTtl;
  const Duration usable = answer.ok() ? 2 * ttl_ : kFailureTtl;
  cache_.insert_or_assign(name, Known{answer, now + fresh, now + usable});
}

}  // namespace treaty
