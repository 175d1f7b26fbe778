#include "engine/scanner.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/canary.h"

namespace treaty {
namespace {

constexpr std::size_t kPageSize = 500;
constexpr Duration kNoRoomDelay = std::chrono::milliseconds(20);
constexpr Duration kFailedDelay = std::chrono::seconds(1);
// Where others reach the store, one that has lost its lease may still write for a moment.
constexpr Duration kOrphanPeriod = std::chrono::seconds(2);
constexpr std::size_t kPruneBatch = 200;
constexpr Duration kPruneBusyDelay = std::chrono::milliseconds(100);
constexpr Duration kPruneIdleDelay = std::chrono::seconds(60);

}  // namespace

struct Scanner::Sweep {
  FindFn find;
  EndFn end;
  DueKey after;
  std::size_t asked = 0;
  std::size_t unsettled = 0;
  bool complete = true;  // Every page could be read, and everything in them.
  bool last_page = false;
};

Scanner::Scanner(Shared& shared, Loop& loop, LaneOf lane_of)
    : shared_(shared), loop_(loop), lane_of_(std::move(lane_of)) {}

void Scanner::Start() {
  loop_.Post([this] {
    if (!canary::Armed(canary::Canary::kNoRecovery)) Recover();
    ScanDue();
    if (shared_.config.retention > Duration(0)) PruneFinished();
  });
}

// Without the lease, what others own is not left behind but under way.
void Scanner::Recover() {
  if (!shared_.MayAct()) return void(loop_.After(kFailedDelay, [this] { Recover(); }));
  Begin(
      [this](const DueKey& after, std::size_t limit) {
        return shared_.store->FindOrphans(shared_.config.owner, after.gid, limit);
      },
      [this](bool complete) {
        if (complete && shared_.lease == nullptr) return;
        loop_.After(complete ? kOrphanPeriod : kFailedDelay, [this] { Recover(); });
      });
}

void Scanner::ScanDue() {
  if (!shared_.MayAct()) return void(loop_.After(kFailedDelay, [this] { ScanDue(); }));
  const Time until = shared_.Now() + shared_.config.park_horizon;
  Begin([this, until](const DueKey& after,
                      std::size_t limit) { return shared_.store->FindDue(until, after, limit); },
        [this](bool) { loop_.After(shared_.config.scan_period, [this] { ScanDue(); }); });
}

void Scanner::PruneFinished() {
  const Time before = shared_.Now() - shared_.config.retention;
  shared_.committer.Prune(before, kPruneBatch, [this](std::size_t pruned) {
    const Duration delay = pruned == kPruneBatch ? kPruneBusyDelay : kPruneIdleDelay;
    loop_.Post([this, delay] { PruneAfter(delay); });
  });
}

void Scanner::PruneAfter(Duration delay) {
  loop_.After(delay, [this] { PruneFinished(); });
}

void Scanner::Begin(FindFn find, EndFn end) {
  auto sweep = std::make_shared<Sweep>();
  sweep->find = std::move(find);
  sweep->end = std::move(end);
  NextPage(std::move(sweep));
}

void Scanner::NextPage(std::shared_ptr<Sweep> sweep) {
  if (shared_.stopping) return;
  sweep->asked = std::min(kPageSize, shared_.Room());
  if (sweep->asked == 0) {
    loop_.After(kNoRoomDelay, [this, sweep] { NextPage(sweep); });
    return;
  }
  shared_.read_loop->Post([this, sweep] {
    auto page =
        std::make_shared<Result<std::vector<DueKey>>>(sweep->find(sweep->after, sweep->asked));
    loop_.Post([this, sweep, page] { OnPage(sweep, std::move(*page)); });
  });
}

void Scanner::OnPage(std::shared_ptr<Sweep> sweep, Result<std::vector<DueKey>> page) {
  if (!page.ok()) {
    shared_.log->Write(LogLevel::kError, "", "cannot scan: " + page.status().message());
    return sweep->end(false);
  }
  sweep->last_page = page->size() < sweep->asked;
  if (page->empty()) return sweep->end(sweep->complete);
  sweep->after = page->back();
  sweep->unsettled = page->size();
  for (DueKey& key : *page) Adopt(sweep, std::move(key.gid));
}

// Has the gid's lane take the transaction over; the sweep goes on when all of its page are settled.
void Scanner::Adopt(const std::shared_ptr<Sweep>& sweep, std::string gid) {
  const auto settled = [this, sweep](bool ok) {
    loop_.Post([this, sweep, ok] { OnSettled(sweep, ok); });
  };
  Lane& lane = lane_of_(gid);
  lane.loop().Post([&lane, gid = std::move(gid), settled] { lane.Adopt(gid, settled); });
}

void Scanner::OnSettled(const std::shared_ptr<Sweep>& sweep, bool ok) {
  sweep->complete = sweep->complete && ok;
  if (--sweep->unsettled > 0) return;
  if (sweep->last_page) return sweep->end(sweep->complete);
  NextPage(sweep);
}

}  // namespace treaty
