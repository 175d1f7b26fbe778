#include "runtime/resolver.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/at_work_on.h"

namespace treaty {
namespace {

Status NoAnswer(const char* what) { return {Code::kUnavailable, std::string("resolve: ") + what}; }

// After so many failures in a row.
Duration PauseAfter(std::uint32_t failures) {
  const std::uint32_t doublings = std::min(failures, 17U) - 1;
  return std::min(Resolver::kFailureTtl * (1 << doublings), Resolver::kLongestFailureTtl);
}

}  // namespace

Resolver::Resolver(boost::asio::io_context& context, Times times, Lookup lookup)
    : context_(context),
      times_(times),
      timer_(context),
      self_(std::make_shared<Resolver*>(this)),
      threads_(std::move(lookup), LookupLine::kMostThreads) {}

void Resolver::Resolve(const std::string& name, Done done) {
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(name, error);
  if (!error) return done(Addresses{literal});
  const auto now = Steady::now();
  const Known* const known = cache_.Find(name);
  if (known != nullptr && now < known->usable_until) {
    const Result<Addresses> answer = known->answer;
    const bool refresh = now >= known->fresh_until && !asked_.contains(name);
    if (refresh) Ask(name);
    return done(answer);
  }
  const auto asked = asked_.find(name);
  if (asked != asked_.end() && asked->second.late) return done(NoAnswer("still no answer"));
  if (asked == asked_.end()) Ask(name);
  asked_[name].waiting.push_back(std::move(done));
}

void Resolver::Forget(const std::string& name) {
  Known* const known = cache_.Find(name);
  if (known != nullptr && known->answer.ok()) known->usable_until = {};
}

// One that has begun to fail goes behind those that have not, at once.
LookupLine::Standing Resolver::StandingOf(const std::string& name) {
  using Standing = LookupLine::Standing;
  const Known* const known = cache_.Find(name);
  if (known == nullptr) return Standing::kNew;
  if (known->failures > 0) return known->resolved ? Standing::kLapsed : Standing::kFailed;
  return known->resolved ? Standing::kKnown : Standing::kNew;
}

void Resolver::Ask(const std::string& name) {
  Asked& asked = asked_[name];
  asked.until = Steady::now() + times_.patience;
  if (const std::string* const gid = AtWorkOn::current()) asked.gid = *gid;
  line_.Add(name, StandingOf(name));
  Begin();
  SetTimer();
}

void Resolver::Begin() {
  while (const auto name = line_.Next()) {
    Asked& asked = asked_[*name];
    asked.until = Steady::now() + times_.patience;
    const std::weak_ptr<Resolver*> self = self_;
    threads_.Start({*name, asked.gid},
                   [&context = context_, self, name = *name](Result<Addresses> answer) {
                     boost::asio::post(context, [self, name, answer = std::move(answer)] {
                       if (const auto alive = self.lock()) (*alive)->Answer(name, answer);
                     });
                   });
  }
}

// That it took too long has been remembered; only a success is news after that.
void Resolver::Answer(const std::string& name, const Result<Addresses>& answer) {
  const auto asked = asked_.extract(name);
  if (answer.ok() || !asked.mapped().late) {
    Remember(name, answer);
  } else {
    WaitOn(name);
  }
  line_.Remove(name);
  Begin();
  for (const Done& done : asked.mapped().waiting) done(answer);
}

// A failure does not replace an answer that may still be used.
void Resolver::Remember(const std::string& name, const Result<Addresses>& answer) {
  const auto now = Steady::now();
  Known& known = cache_.Of(name);
  if (answer.ok()) {
    cache_.MarkResolved(known);
    known.answer = answer;
    known.fresh_until = now + times_.ttl;
    known.usable_until = now + 2 * times_.ttl;
    known.failures = 0;
    return;
  }
  ++known.failures;
  const bool usable = known.answer.ok() && now < known.usable_until;
  if (!usable) known.answer = answer;
  WaitOn(name);
}

// The pause after a failure begins when nobody is asked any more.
void Resolver::WaitOn(const std::string& name) {
  const auto now = Steady::now();
  Known& known = cache_.Of(name);
  known.fresh_until = now + PauseAfter(std::max(known.failures, 1U));
  if (!known.answer.ok()) known.usable_until = known.fresh_until;
}

// --- Patience --------------------------------------------------------------------------------

void Resolver::SetTimer() {
  if (asked_.empty() || std::exchange(timer_set_, true)) return;
  timer_.expires_after(std::max(times_.patience / 8, Duration(10)));
  timer_.async_wait([this, self = std::weak_ptr(self_)](const boost::system::error_code&) {
    if (!self.lock()) return;
    timer_set_ = false;
    GiveUpLate();
    SetTimer();
  });
}

void Resolver::GiveUpLate() {
  const auto now = Steady::now();
  std::vector<std::string> late;
  for (const auto& [name, asked] : asked_) {
    if (!asked.late && asked.until <= now) late.push_back(name);
  }
  for (const std::string& name : late) GiveUp(name);
  Begin();
}

// One that is under way cannot be stopped, and is not begun a second time.
void Resolver::GiveUp(const std::string& name) {
  const auto asked = asked_.find(name);
  if (asked == asked_.end()) return;
  const auto waiting = std::exchange(asked->second.waiting, {});
  if (line_.IsUnderWay(name)) {
    asked->second.late = true;
    line_.MakeLate(name);
    Remember(name, NoAnswer("no answer in time"));
  } else {
    line_.Remove(name);
    asked_.erase(asked);
  }
  for (const Done& done : waiting) done(NoAnswer("no answer in time"));
}

}  // namespace treaty
