// The server on real loops and sockets, over the real engine and a memory store.

#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/http/server.h"
#include "engine/world.h"
#include "runtime/asio_loop.h"
#include "wire/topic_format.h"

namespace treaty::testing {

class WallClock final : public Clock {
 public:
  Time Now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

// Tells participants to keep their calls back, and counts those kept.
class Gate {
 public:
  void Hold() {
    const std::lock_guard lock(mutex_);
    hold_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    hold_ = false;
    for (const auto& pass : std::exchange(held_, {})) pass();
  }
  // Calls `pass` now or when released.
  void Enter(std::function<void()> pass) {
    const std::lock_guard lock(mutex_);
    if (!hold_) return pass();
    held_.push_back(std::move(pass));
  }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }

 private:
  mutable std::mutex mutex_;
  bool hold_ = false;
  std::vector<std::function<void()>> held_;
};

// Answers as soon as the gate lets it, with what the URL asks for: "refuse", "ongoing", or
// otherwise success. One per lane.
class GatedParticipant final : public Participant {
 public:
  GatedParticipant(Loop& loop, Gate& gate) : loop_(loop), gate_(gate) {}
  void Call(BranchCall call, std::function<void(BranchReply)> done) override {
    gate_.Enter([this, reply = ReplyTo(call.url()), done = std::move(done)] {
      loop_.Post([done, reply] { done(reply); });
    });
  }
  void CancelAll() override { gate_.Release(); }

 private:
  static BranchReply ReplyTo(const std::string& url) {
    if (url.ends_with("refuse")) return {Outcome::kFailure, "no money"};
    return {url.ends_with("ongoing") ? Outcome::kOngoing : Outcome::kSuccess, ""};
  }

  Loop& loop_;
  Gate& gate_;
};

class ServerRig {
 public:
  explicit ServerRig(api::HttpServerConfig config = {}) {
    EnginePorts ports;
    ports.lanes = {{&lanes_[0], &participants_[0], &random_[0]},
                   {&lanes_[1], &participants_[1], &random_[1]}};
    ports.commit_loop = &store_loop_;
    ports.commit_random = &random_[2];
    ports.reads = &store_loop_;
    ports.store = &failing;
    ports.log = &log_;
    ports.topics = topics_.get();
    EngineConfig engine;
    engine.owner = "test";
    engine_ = std::make_unique<Engine>(engine, ports);
    api::HandlerConfig handlers;
    handlers.version = "1.2.3";
    handlers.targets.allow_loopback = true;
    if (config.memory) handlers.memory = config.memory;
    handlers_ = std::make_unique<api::Handlers>(handlers, *engine_, clock_, random_[3]);
    server = std::make_unique<api::HttpServer>(std::move(config), *handlers_, log_,
                                               std::vector<AsioLoop*>{&lanes_[0], &lanes_[1]});
    auto bound = server->Listen();
    TREATY_CHECK(bound.ok());
    port = *bound;
    for (AsioLoop* loop : {&lanes_[0], &lanes_[1], &store_loop_}) {
      threads_.emplace_back([loop] { loop->Run("test"); });
    }
    engine_->Start();
  }

  ~ServerRig() {
    for (AsioLoop* loop : {&lanes_[0], &lanes_[1], &store_loop_}) loop->Stop();
    for (std::thread& thread : threads_) thread.join();
    server.reset();
    engine_.reset();
  }

  // Polls until `condition` holds; false after ten seconds.
  static bool Eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  // The store does nothing until the returned promise is kept, or gone.
  std::promise<void> HoldStore() {
    std::promise<void> release;
    std::promise<void> held;
    store_loop_.Post([&held, released = release.get_future().share()] {
      held.set_value();
      released.wait();
    });
    held.get_future().wait();
    return release;
  }

  api::Handlers& handlers() { return *handlers_; }
  Engine& engine() { return *engine_; }
  const Clock& clock() const { return clock_; }
  Loop& loop() { return lanes_[0]; }

  std::uint16_t port = 0;

 private:
  WallClock clock_;
  SilentLog log_;
  const std::unique_ptr<TopicFormat> topics_ = wire::MakeTopicFormat({});
  AsioLoop lanes_[2];
  AsioLoop store_loop_;
  Counter random_[4] = {Counter(1), Counter(2), Counter(3), Counter(4)};
  std::vector<std::thread> threads_;

 public:
  std::unique_ptr<MemoryStore> store = MakeMemoryStore(clock_);
  FailingStore failing{*store};  // What the engine gets.
  Gate participant;

 private:
  GatedParticipant participants_[2] = {{lanes_[0], participant}, {lanes_[1], participant}};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<api::Handlers> handlers_;

 public:
  std::unique_ptr<api::HttpServer> server;
};

}  // namespace treaty::testing
