// Counting and sweeping. Locks are taken per connection, never per request.

#include "api/http/server_state.h"

#include <algorithm>
#include <utility>

#include "api/http/connection.h"

namespace treaty::api {
namespace {

// What one address, or all lists together, may have of the reserve.
std::size_t PartOf(std::size_t reserve) { return std::max<std::size_t>(1, reserve / 4); }

}  // namespace

void Shard::Add(const std::shared_ptr<Connection>& connection) {
  connections_.insert(connection);
  Arm();
}

void Shard::Remove(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
}

std::vector<std::shared_ptr<Connection>> Shard::All() const {
  return {connections_.begin(), connections_.end()};
}

void Shard::Drain() {
  draining_ = true;
  for (const auto& connection : All()) connection->Drain();
}

void Shard::Cut() {
  draining_ = true;
  for (const auto& connection : All()) connection->Cut();
}

void Shard::Arm() {
  if (armed_ || connections_.empty()) return;
  armed_ = true;
  loop_.After(period_, [this] { Sweep(); });
}

void Shard::Sweep() {
  armed_ = false;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& connection : All()) connection->CheckDeadline(now);
  Arm();
}

ServerState::ServerState(HttpServerConfig config, Handlers& handlers, Log& log)
    : config_(std::move(config)),
      handlers_(handlers),
      log_(log),
      memory_(config_.memory ? config_.memory
                             : std::make_shared<MemoryBudget>(config_.max_memory_bytes)) {}

bool ServerState::BeginList() {
  if (lists_.fetch_add(1) < PartOf(config_.reserved_connections)) return true;
  EndList();
  return false;
}

bool ServerState::Enter(const std::string& address, bool loopback) {
  const std::lock_guard lock(mutex_);
  if (connections_ >= config_.max_connections) return false;
  const auto found = by_address_.find(address);
  const std::size_t count = found == by_address_.end() ? 0 : found->second;
  if (!loopback && count >= config_.max_connections_per_address) return false;
  ++by_address_[address];
  ++connections_;
  return true;
}

bool ServerState::EnterReserve(const std::string& address, bool loopback) {
  const std::lock_guard lock(mutex_);
  if (in_reserve_ >= config_.reserved_connections) return false;
  const auto found = reserve_by_address_.find(address);
  const std::size_t count = found == reserve_by_address_.end() ? 0 : found->second;
  if (!loopback && count >= PartOf(config_.reserved_connections)) return false;
  ++reserve_by_address_[address];
  ++in_reserve_;
  return true;
}

void ServerState::LeaveFrom(Counts& counts, const std::string& address, std::size_t& total) {
  std::function<void()> empty;
  {
    const std::lock_guard lock(mutex_);
    const auto found = counts.find(address);
    if (--found->second == 0) counts.erase(found);
    --total;
    if (connections_ + in_reserve_ == 0) empty = std::exchange(empty_, nullptr);
  }
  if (empty) empty();
}

void ServerState::Leave(const std::string& address) {
  LeaveFrom(by_address_, address, connections_);
}

void ServerState::LeaveReserve(const std::string& address) {
  LeaveFrom(reserve_by_address_, address, in_reserve_);
}

std::size_t ServerState::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_ + in_reserve_;
}

void ServerState::WhenEmpty(std::function<void()> empty) {
  {
    const std::lock_guard lock(mutex_);
    if (connections_ + in_reserve_ > 0) {
      empty_ = std::move(empty);
      return;
    }
  }
  empty();
}

}  // namespace treaty::api
