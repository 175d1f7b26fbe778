#include "participant/http/idle_connections.h"

#include <algorithm>
#include <utility>

namespace treaty {

void IdleConnections::Add(const std::shared_ptr<Destination>& destination,
                          std::shared_ptr<Connection> connection) {
  connection->Rest();
  connection->idle_since = Steady::now();
  destination->idle.push_back(std::move(connection));
  if (!std::exchange(destination->with_idle, true)) with_idle_.push_back(destination);
  if (++count_ > most_) Halve();
}

// What the peer said before it is asked is no answer: at most that it is about to close.
std::shared_ptr<Connection> IdleConnections::Take(Destination& destination, Duration expiry) {
  const auto now = Steady::now();
  while (!destination.idle.empty()) {
    std::shared_ptr<Connection> last = std::move(destination.idle.back());
    destination.idle.pop_back();
    --count_;
    if (now - last->idle_since < expiry && last->IsQuiet()) return last;
    last->Close();
  }
  return nullptr;
}

void IdleConnections::Drop(Destination& destination) {
  for (const auto& connection : destination.idle) connection->Close();
  count_ -= destination.idle.size();
  destination.idle.clear();
}

void IdleConnections::DropIdleSince(Steady::time_point when) {
  std::erase_if(with_idle_, [&](const std::shared_ptr<Destination>& destination) {
    auto& idle = destination->idle;
    const auto fresh = std::ranges::find_if(
        idle, [when](const auto& connection) { return connection->idle_since > when; });
    std::for_each(idle.begin(), fresh, [](const auto& connection) { connection->Close(); });
    count_ -= static_cast<std::size_t>(fresh - idle.begin());
    idle.erase(idle.begin(), fresh);
    destination->with_idle = !idle.empty();
    return idle.empty();
  });
}

void IdleConnections::Halve() {
  std::vector<Steady::time_point> since;
  since.reserve(count_);
  for (const auto& destination : with_idle_) {
    for (const auto& connection : destination->idle) since.push_back(connection->idle_since);
  }
  const auto middle = since.begin() + static_cast<std::ptrdiff_t>(since.size() / 2);
  std::ranges::nth_element(since, middle);
  DropIdleSince(*middle);
}

}  // namespace treaty
