#include "engine/reset_round.h"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t kPageSize = 500;
constexpr Duration kNoRoomDelay = std::chrono::milliseconds(20);
constexpr std::size_t kMostWaits = 100;

}  // namespace

ResetRound::ResetRound(Shared& shared, Loop& loop, LaneOf lane_of, std::vector<DueKey> keys,
                       std::size_t limit)
    : shared_(shared),
      loop_(loop),
      lane_of_(std::move(lane_of)),
      keys_(std::move(keys)),
      end_(std::min(limit, keys_.size())) {}

void ResetRound::Start(Done done) {
  done_ = std::move(done);
  NextPage();
}

void ResetRound::NextPage() {
  if (next_ == end_ || shared_.stopping) return Report();
  open_ = std::min({kPageSize, shared_.Room(), end_ - next_});
  if (open_ == 0) return WaitForRoom();
  waits_ = 0;
  const std::size_t page_end = next_ + open_;
  while (next_ < page_end) Reset(keys_[next_++].gid);
}

void ResetRound::WaitForRoom() {
  if (++waits_ > kMostWaits) return Report();
  loop_.After(kNoRoomDelay, [self = shared_from_this()] { self->NextPage(); });
}

void ResetRound::Reset(const std::string& gid) {
  const auto settled = [self = shared_from_this()](const Result<bool>& reset) {
    const bool succeeded = reset.ok() && *reset;
    self->loop_.Post([self, succeeded] { self->OnReset(succeeded); });
  };
  Lane& lane = lane_of_(gid);
  lane.loop().Post([&lane, gid, settled] { lane.ResetDue(gid, settled); });
}

void ResetRound::OnReset(bool succeeded) {
  if (succeeded) ++succeeded_;
  if (--open_ == 0) NextPage();
}

void ResetRound::Report() { done_({succeeded_, next_ < keys_.size()}); }

}  // namespace treaty
