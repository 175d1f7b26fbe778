#include "engine/reset_round.h"

#include <algorithm>
#include <utility>

#include "engine/reading.h"

namespace treaty {
namespace {

constexpr std::size_t kPageSize = 500;
constexpr Duration kNoRoomDelay = std::chrono::milliseconds(20);
constexpr std::size_t kMostWaits = 100;

}  // namespace

ResetRound::ResetRound(Shared& shared, Loop& loop, LaneOf lane_of, std::size_t limit)
    : shared_(shared), loop_(loop), lane_of_(std::move(lane_of)), limit_(limit) {}

void ResetRound::Start(Duration timeout, Done done) {
  done_ = std::move(done);
  begun_ = shared_.Now();
  after_.wake = begun_ + timeout + Duration(1);
  NextPage();
}

// Where nothing at all could be reset, the operator hears why.
void ResetRound::Report(bool complete) {
  if (succeeded_ == 0 && !trouble_.ok()) return done_(trouble_);
  done_(Engine::ResetReport{succeeded_, !complete});
}

// No page is larger than what is still to be reset, so at the limit nothing was looked at in vain.
void ResetRound::NextPage() {
  const bool at_end = last_page_ || succeeded_ == limit_;
  const bool late = shared_.Now() >= begun_ + kAnswerWithin;
  if (at_end || late || shared_.stopping) return Report(last_page_ && trouble_.ok());
  const std::size_t size = std::min({kPageSize, shared_.Room(), limit_ - succeeded_});
  if (size == 0) return WaitForRoom();
  waits_ = 0;
  open_ = size;
  Read<std::vector<DueKey>>(
      shared_, loop_,
      [this, size, after = after_] { return shared_.store->FindLater(after, size + 1); },
      [self = shared_from_this()](Result<std::vector<DueKey>> page) {
        self->OnPage(std::move(page));
      });
}

void ResetRound::WaitForRoom() {
  if (++waits_ > kMostWaits) return Report(false);
  loop_.After(kNoRoomDelay, [self = shared_from_this()] { self->NextPage(); });
}

// One more was asked for, to know whether there is more.
void ResetRound::OnPage(Result<std::vector<DueKey>> page) {
  if (!page.ok()) {
    trouble_ = page.status();
    return Report(false);
  }
  last_page_ = page->size() <= open_;
  open_ = std::min(open_, page->size());
  if (open_ == 0) return NextPage();
  page->resize(open_);
  after_ = page->back();
  for (const DueKey& key : *page) Reset(key.gid);
}

// All of a round have the time of the one request.
void ResetRound::Reset(const std::string& gid) {
  const auto settled = [self = shared_from_this()](const Result<ResetOutcome>& reset) {
    self->loop_.Post([self, reset] { self->OnReset(reset); });
  };
  Lane& lane = lane_of_(gid);
  lane.loop().Post([&lane, asked = begun_, gid, settled] {
    lane.Serve(asked, [&gid, &settled](Lane& of_gid) { of_gid.ResetDue(gid, settled); });
  });
}

void ResetRound::OnReset(const Result<ResetOutcome>& reset) {
  if (!reset.ok()) trouble_ = reset.status();
  if (reset.ok() && *reset == ResetOutcome::kReset) ++succeeded_;
  if (--open_ == 0) NextPage();
}

}  // namespace treaty
