// What a lane keeps of destinations that it does not call.

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "participant/grpc/grpc_destination.h"
#include "participant/grpc/grpc_lane_participant.h"

namespace treaty {

// A destination that has not been called for so long is forgotten whole. Where descriptors run
// short, all lose their channels, but what is known of them stays.
void GrpcLaneParticipant::CloseIdle(Steady::time_point now) {
  if (DescriptorsAreShort()) CloseIdleChannels();
  const auto until = ForgottenUntil(now);
  const auto is_old = [until](const Destination& destination) {
    return destination.IsIdle() && destination.last_used <= until;
  };
  std::erase_if(targets_, [&](const auto& entry) { return is_old(*entry.second->destination); });
  std::erase_if(destinations_, [&](const auto& entry) { return is_old(*entry.second); });
}

// Idle ones that were used last by then are forgotten: where there are too many, the half that has
// been idle longest.
GrpcLaneParticipant::Steady::time_point GrpcLaneParticipant::ForgottenUntil(
    Steady::time_point now) const {
  const auto expired = now - config_.idle_expiry;
  if (destinations_.size() <= config_.idle_channels) return expired;
  std::vector<Steady::time_point> idle;
  idle.reserve(destinations_.size());
  for (const auto& [name, destination] : destinations_) {
    if (destination->IsIdle()) idle.push_back(destination->last_used);
  }
  if (idle.size() <= config_.idle_channels) return expired;
  const auto middle = idle.begin() + static_cast<std::ptrdiff_t>(idle.size() / 2);
  std::ranges::nth_element(idle, middle);
  return std::max(expired, *middle);
}

void GrpcLaneParticipant::CloseIdleChannels() {
  for (const auto& [name, destination] : destinations_) {
    if (destination->IsIdle()) destination->channel.Close();
  }
}

bool GrpcLaneParticipant::DescriptorsAreShort() const {
  return config_.descriptors && config_.descriptors->AreShort();
}

// The library opens its sockets itself: whether its next one would be one of the last is found out
// by opening something else.
bool GrpcLaneParticipant::MayMakeChannel() {
  if (!config_.descriptors) return true;
  if (DescriptorsAreShort()) CloseIdleChannels();
  const int next = ::eventfd(0, EFD_CLOEXEC);
  if (next >= 0) ::close(next);
  return config_.descriptors->MayKeep(next);
}

}  // namespace treaty
