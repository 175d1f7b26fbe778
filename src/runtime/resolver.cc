#include "runtime/resolver.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t kMostNames = 10'000;

Status NoAnswer(const char* what) { return {Code::kUnavailable, std::string("resolve: ") + what}; }

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
  const auto known = cache_.find(name);
  if (known != cache_.end() && now < known->second.usable_until) {
    const Result<Addresses> answer = known->second.answer;
    const bool refresh = now >= known->second.fresh_until && !asked_.contains(name);
    if (refresh) Ask(name);
    return done(answer);
  }
  const auto asked = asked_.find(name);
  if (asked != asked_.end() && asked->second.late) return done(NoAnswer("still no answer"));
  if (asked == asked_.end()) Ask(name);
  asked_[name].waiting.push_back(std::move(done));
}

void Resolver::Forget(const std::string& name) {
  const auto known = cache_.find(name);
  if (known != cache_.end() && known->second.answer.ok()) known->second.usable_until = {};
}

LookupLine::Standing Resolver::StandingOf(const std::string& name) const {
  const auto known = cache_.find(name);
  if (known == cache_.end()) return LookupLine::Standing::kNew;
  const Known& entry = known->second;
  if (entry.resolved && entry.failures < kForgivenFailures) return LookupLine::Standing::kKnown;
  return entry.failures > 0 ? LookupLine::Standing::kFailed : LookupLine::Standing::kNew;
}

void Resolver::Ask(const std::string& name) {
  asked_[name].until = Steady::now() + times_.patience;
  line_.Add(name, StandingOf(name));
  Begin();
  SetTimer();
}

void Resolver::Begin() {
  while (const auto name = line_.Next()) {
    asked_[*name].until = Steady::now() + times_.patience;
    const std::weak_ptr<Resolver*> self = self_;
    threads_.Start(*name, [&context = context_, self, name = *name](Result<Addresses> answer) {
      boost::asio::post(context, [self, name, answer = std::move(answer)] {
        if (const auto alive = self.lock()) (*alive)->Answer(name, answer);
      });
    });
  }
}

// That it took too long has been remembered; only a success is news after that.
void Resolver::Answer(const std::string& name, const Result<Addresses>& answer) {
  const auto asked = asked_.extract(name);
  if (answer.ok() || !asked.mapped().late) Remember(name, answer);
  line_.Remove(name);
  Begin();
  for (const Done& done : asked.mapped().waiting) done(answer);
}

// A failure does not replace an answer that may still be used.
void Resolver::Remember(const std::string& name, const Result<Addresses>& answer) {
  const auto now = Steady::now();
  Known& known = Entry(name);
  if (answer.ok()) {
    known = {answer, now + times_.ttl, now + 2 * times_.ttl, 0, true};
    return;
  }
  const std::uint32_t doublings = std::min(known.failures++, 16U);
  const Duration pause = std::min(kFailureTtl * (1 << doublings), kLongestFailureTtl);
  known.fresh_until = now + pause;
  if (known.answer.ok() && now < known.usable_until) return;
  known.answer = answer;
  known.usable_until = now + pause;
}

// Those that were never resolved go first where there are too many.
Resolver::Known& Resolver::Entry(const std::string& name) {
  if (cache_.size() >= kMostNames && !cache_.contains(name)) {
    std::erase_if(cache_, [](const auto& entry) { return !entry.second.resolved; });
    if (cache_.size() >= kMostNames) cache_.clear();
  }
  return cache_.try_emplace(name, Known{NoAnswer("not asked yet"), {}, {}}).first->second;
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
