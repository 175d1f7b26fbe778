// Counting and sweeping. Locks are taken per connection, never per request.

#include "api/http/server_state.h"

#include <utility>

#include "api/http/connection.h"

namespace treaty::api {

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
    : config_(std::move(config)), handlers_(handlers), log_(log) {}

bool ServerState::Enter(const std::string& address, bool loopback) {
  const std::lock_guard lock(mutex_);
  if (connections_ >= config_.max_connections) return false;
  std::size_t& count = by_address_[address];
  if (!loopback && count >= config_.max_connections_per_address) return false;
  ++count;
  ++connections_;
  return true;
}

void ServerState::Leave(const std::string& address) {
  std::function<void()> empty;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_address_.find(address);
    if (--found->second == 0) by_address_.erase(found);
    if (--connections_ == 0) empty = std::exchange(empty_, nullptr);
  }
  if (empty) empty();
}

std::size_t ServerState::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool ServerState::TakeMemory(std::size_t bytes) {
  const std::size_t before = memory_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= config_.max_memory_bytes) return true;
  GiveMemory(bytes);
  return false;
}

void ServerState::WhenEmpty(std::function<void()> empty) {
  {
    const std::lock_guard lock(mutex_);
    if (connections_ > 0) {
      empty_ = std::move(empty);
      return;
    }
  }
  empty();
}

}  // namespace treaty::api
