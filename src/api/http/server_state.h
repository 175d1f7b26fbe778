// What the server's connections share: settings, limits, and per loop the set of those that live
// on it with the one timer that watches their deadlines.

#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/http/server.h"

namespace treaty::api {

class Connection;

// The connections of one loop; used on its thread only.
class Shard {
 public:
  Shard(AsioLoop& loop, Duration sweep_period) : loop_(loop), period_(sweep_period) {}

  AsioLoop& loop() { return loop_; }
  void Add(const std::shared_ptr<Connection>& connection);
  void Remove(const std::shared_ptr<Connection>& connection);
  // Begins to end every connection.
  void Drain();
  // Ends every connection now.
  void Cut();
  bool draining() const { return draining_; }
  // Lets go of the connections without touching their sockets.
  void Forget() { connections_.clear(); }

 private:
  void Arm();
  void Sweep();
  std::vector<std::shared_ptr<Connection>> All() const;

  AsioLoop& loop_;
  const Duration period_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  bool armed_ = false;
  bool draining_ = false;
};

// Safe for concurrent use.
class ServerState {
 public:
  ServerState(HttpServerConfig config, Handlers& handlers, Log& log);

  const HttpServerConfig& config() const { return config_; }
  Handlers& handlers() { return handlers_; }
  Log& log() { return log_; }

  // Counts a connection in, unless that would be one too many. `address` is an AddressKey's.
  bool Enter(const std::string& address, bool loopback);
  void Leave(const std::string& address);
  // The same for one of the reserve, of which an address gets a part.
  bool EnterReserve(const std::string& address, bool loopback);
  void LeaveReserve(const std::string& address);
  // A list begins in the reserve, unless a quarter of it lists already.
  bool BeginList();
  void EndList() { lists_.fetch_sub(1); }
  std::size_t connections() const;

  // Of requests and replies.
  const std::shared_ptr<MemoryBudget>& memory() const { return memory_; }

  // Calls `empty` as soon as no connection is left.
  void WhenEmpty(std::function<void()> empty);

 private:
  using Counts = std::unordered_map<std::string, std::size_t>;
  void LeaveFrom(Counts& counts, const std::string& address, std::size_t& total);

  const HttpServerConfig config_;
  Handlers& handlers_;
  Log& log_;
  const std::shared_ptr<MemoryBudget> memory_;
  std::atomic<std::size_t> lists_{0};  // Under way in the reserve.
  mutable std::mutex mutex_;           // Guards everything below.
  std::size_t connections_ = 0;
  std::size_t in_reserve_ = 0;
  Counts by_address_;
  Counts reserve_by_address_;
  std::function<void()> empty_;
};

}  // namespace treaty::api
