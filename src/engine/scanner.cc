#include "engine/scanner.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/canary.h"

namespace treaty {
namespace {

constexpr std::size_t kPageSize = 500;
// However crowded it is, one's own that others have changed are looked after: they come first.
constexpr std::size_t kLeastAsked = 32;
constexpr std::size_t kMostDamaged = 10'000;
constexpr Duration kNoRoomDelay = std::chrono::milliseconds(20);
constexpr Duration kCrowdedDelay = std::chrono::milliseconds(100);
constexpr Duration kFailedDelay = std::chrono::seconds(1);
// How long what is due is left to the one whose share it is.
constexpr Duration kPatience = std::chrono::milliseconds(1'500);
constexpr std::size_t kPruneBatch = 200;
constexpr Duration kPruneFirstDelay = std::chrono::seconds(1);  // A look tells whose it is.
constexpr Duration kPruneBusyDelay = std::chrono::milliseconds(100);
constexpr Duration kPruneIdleDelay = std::chrono::seconds(60);

// Of two halves of a hash one tells the lane, so the other tells the share.
std::size_t ShareOf(const std::string& gid) { return std::hash<std::string>()(gid) >> 32; }

}  // namespace

struct Scanner::Sweep {
  FindFn find;
  EndFn end;
  bool looks = false;   // At what is due; otherwise at what is left behind.
  bool shares = false;  // The others' shares are left to them.
  DueKey after;
  std::size_t asked = 0;
  std::size_t unsettled = 0;
  bool complete = true;  // Every page could be read, and everything in them.
  bool first_page = true;
  bool crowded = false;  // Only one's own of this page is taken.
  bool last_page = false;
};

struct Scanner::Page {
  Result<Findings> found;
  Time asked = kNever;
  Time answered = kNever;
};

Scanner::Scanner(Shared& shared, Loop& loop, LaneOf lane_of, LeaseKeeper* keeper)
    : shared_(shared), loop_(loop), lane_of_(std::move(lane_of)), keeper_(keeper) {}

void Scanner::Start() {
  loop_.Post([this] {
    Recover();
    Look();
    if (shared_.config.retention > Duration(0)) PruneAfter(kPruneFirstDelay);
  });
}

// Without the lease, what others own is not left behind but under way. Whoever has others beside
// it comes back as long as a look shows that something is left.
void Scanner::Recover() {
  if (canary::Armed(canary::Canary::kNoRecovery)) return;
  if (recovering_ || !shared_.MayAct()) return;
  recovering_ = true;
  const auto sweep = NewSweep(
      [this](const DueKey& after, std::size_t limit) -> Result<Findings> {
        auto orphans = shared_.store->FindOrphans(shared_.config.owner, after, limit);
        if (!orphans.ok()) return orphans.status();
        return Findings{.due = *std::move(orphans)};
      },
      [this](bool complete) {
        recovering_ = false;
        if (!complete) loop_.After(kFailedDelay, [this] { Recover(); });
      });
  sweep->shares = std::exchange(shares_, false);
  NextPage(sweep);
}

void Scanner::LookNow() {
  look_again_ = looking_;
  if (!looking_) LookAfter(Duration(0));
}

void Scanner::LookAfter(Duration delay) {
  if (next_look_ != kNoTimer) loop_.Cancel(next_look_);
  next_look_ = loop_.After(delay, [this] {
    next_look_ = kNoTimer;
    Look();
  });
}

// Also without the lease: whose time is over learns so, and who is alone looks after itself.
void Scanner::Look() {
  looking_ = true;
  // In a crowd what has just left memory does not come back before its time.
  const bool crowded = shared_.IsTaken(Shared::kParkTo);
  const Time until = shared_.Now() + (crowded ? Duration(0) : shared_.config.park_horizon);
  const auto sweep = NewSweep(
      [this, until](const DueKey& after, std::size_t limit) {
        return shared_.store->Look(shared_.config.owner, until, after, limit);
      },
      [this](bool complete) {
        looking_ = false;
        const bool now = std::exchange(look_again_, false);
        const Duration pause = complete ? shared_.config.scan_period : kCrowdedDelay;
        LookAfter(now ? Duration(0) : pause);
      });
  sweep->looks = true;
  NextPage(sweep);
}

// The leases tell who lives, and so who takes which share.
void Scanner::OnLook(const Page& page) {
  if (keeper_ == nullptr) return;
  keeper_->OnSeen(page.found->leases, page.asked, page.answered);
  std::vector<std::string> owners;
  for (const LeaseRow& lease : page.found->leases) owners.push_back(lease.owner);
  std::ranges::sort(owners);
  const auto own = std::ranges::find(owners, shared_.config.owner);
  place_ = static_cast<std::size_t>(own - owners.begin());
  living_ = own == owners.end() ? owners.size() + 1 : owners.size();
  if (page.found->orphans) {
    Recover();
  } else {
    shares_ = true;  // What is left behind from now on is new.
  }
}

// One's own that somebody else has changed, one's share, and what has been lying for too long.
bool Scanner::IsToTake(const Sweep& sweep, const DueKey& key) const {
  if (damaged_.contains(key.gid)) return false;
  if (living_ == 1 || key.owner == shared_.config.owner) return true;
  if (ShareOf(key.gid) % living_ == place_) return true;
  return sweep.looks ? key.wake + kPatience < shared_.Now() : !sweep.shares;
}

// One of the instances is enough: the first among the living.
void Scanner::PruneFinished() {
  if (place_ != 0) return PruneAfter(kPruneIdleDelay);
  const Time before = shared_.Now() - shared_.config.retention;
  shared_.committer.Prune(before, kPruneBatch, [this](std::size_t pruned) {
    const Duration delay = pruned == kPruneBatch ? kPruneBusyDelay : kPruneIdleDelay;
    loop_.Post([this, delay] { PruneAfter(delay); });
  });
}

void Scanner::PruneAfter(Duration delay) {
  loop_.After(delay, [this] { PruneFinished(); });
}

std::shared_ptr<Scanner::Sweep> Scanner::NewSweep(FindFn find, EndFn end) const {
  auto sweep = std::make_shared<Sweep>();
  sweep->find = std::move(find);
  sweep->end = std::move(end);
  return sweep;
}

void Scanner::NextPage(std::shared_ptr<Sweep> sweep) {
  if (shared_.stopping) return;
  const bool first = std::exchange(sweep->first_page, false);
  sweep->asked =
      std::min({kPageSize, shared_.Room(), sweep->looks ? RoomToWake(first) : kPageSize});
  if (sweep->asked == 0 && (!first || !sweep->looks)) return WaitForRoom(sweep);
  sweep->crowded = sweep->asked == 0;
  if (sweep->crowded) sweep->asked = kLeastAsked;
  shared_.reads->Post([this, sweep] {
    const Time asked = shared_.Now();
    auto found = sweep->find(sweep->after, sweep->asked);
    auto page = std::make_shared<Page>(Page{std::move(found), asked, shared_.Now()});
    loop_.Post([this, sweep, page] { OnPage(sweep, std::move(*page)); });
  });
}

// What wakes up leaves room for new work; but some of it always gets on.
std::size_t Scanner::RoomToWake(bool first) const {
  const Surplus below{
      Shared::Excess(shared_.config.limits.live_txns * Shared::kParkFrom / Shared::kParts,
                     shared_.live_txns),
      Shared::Excess(shared_.config.limits.live_bytes * Shared::kParkFrom / Shared::kParts,
                     shared_.live_bytes)};
  if (below.bytes > 0 && below.txns > 0) return below.txns;
  return first ? std::min(kLeastAsked, 1 + shared_.config.limits.live_txns / 64) : 0;
}

// A look ends, and another one begins soon: the leases must be seen however crowded it is.
void Scanner::WaitForRoom(const std::shared_ptr<Sweep>& sweep) {
  if (sweep->looks) return sweep->end(false);
  loop_.After(kNoRoomDelay, [this, sweep] { NextPage(sweep); });
}

void Scanner::OnPage(std::shared_ptr<Sweep> sweep, Page page) {
  if (!page.found.ok()) {
    shared_.log->Write(LogLevel::kError, "", "cannot scan: " + page.found.status().message());
    return sweep->end(sweep->looks);  // A look comes again in any case.
  }
  if (sweep->looks) OnLook(page);
  std::vector<DueKey>& keys = page.found->due;
  sweep->last_page = keys.size() < sweep->asked;
  if (!keys.empty()) sweep->after = keys.back();
  std::erase_if(keys, [&](const DueKey& key) {
    return !IsToTake(*sweep, key) || (sweep->crowded && key.owner != shared_.config.owner);
  });
  if (!shared_.MayAct()) keys.clear();
  sweep->unsettled = keys.size() + 1;
  for (DueKey& key : keys) Adopt(sweep, std::move(key));
  OnSettled(sweep, true);
}

// Has the gid's lane take the transaction over; the sweep goes on when all of its page are settled.
void Scanner::Adopt(const std::shared_ptr<Sweep>& sweep, DueKey key) {
  const auto settled = [this, sweep, gid = key.gid](const Status& status) {
    const bool damaged = status.code() == Code::kDataLoss;
    const bool ok = status.ok() || damaged;
    loop_.Post([this, sweep, gid, damaged, ok] {
      if (damaged && damaged_.size() < kMostDamaged) damaged_.insert(gid);
      OnSettled(sweep, ok);
    });
  };
  Lane& lane = lane_of_(key.gid);
  lane.loop().Post([&lane, key = std::move(key), settled] { lane.Adopt(key, settled); });
}

void Scanner::OnSettled(const std::shared_ptr<Sweep>& sweep, bool ok) {
  sweep->complete = sweep->complete && ok;
  if (--sweep->unsettled > 0) return;
  if (sweep->last_page) return sweep->end(sweep->looks || sweep->complete);
  NextPage(sweep);
}

}  // namespace treaty
