#include "engine/census.h"

#include <algorithm>

namespace treaty {
namespace {

constexpr std::size_t kPageSize = 2'000;
constexpr Duration kPagePause = std::chrono::milliseconds(250);

Time Earlier(Time a, Time b) {
  if (a == kNever || b == kNever) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

Census::Census(Shared& shared, Loop& loop, const std::vector<std::unique_ptr<Lane>>& lanes)
    : shared_(shared), loop_(loop), lanes_(lanes) {}

void Census::Start() {
  if (shared_.config.census_period > Duration(0)) loop_.Post([this] { Take(); });
}

void Census::Take() {
  for (const auto& lane : lanes_) lane->loop().Post([&lane = *lane] { lane.NoteOldest(); });
  so_far_ = {};
  NextPage();
}

void Census::NextPage() {
  if (shared_.stopping) return;
  shared_.reads->Post([this, after = so_far_.last] {
    auto page = std::make_shared<Result<ParkedPage>>(shared_.store->CountParked(after, kPageSize));
    loop_.Post([this, page] { OnPage(*page); });
  });
}

void Census::OnPage(const Result<ParkedPage>& page) {
  if (page.ok()) {
    so_far_.count += page->count;
    so_far_.oldest = Earlier(so_far_.oldest, page->oldest);
    so_far_.last = page->last;
    if (page->count == kPageSize) return void(loop_.After(kPagePause, [this] { NextPage(); }));
    shared_.meters.parked.count.store(so_far_.count, std::memory_order_relaxed);
    shared_.meters.parked.oldest.store(so_far_.oldest, std::memory_order_relaxed);
  }
  loop_.After(shared_.config.census_period, [this] { Take(); });
}

}  // namespace treaty
