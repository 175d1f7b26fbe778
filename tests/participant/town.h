// Destinations that take their time for an answer, behind one turnstile, in virtual time.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <vector>

#include "participant/turnstile.h"

namespace treaty::test {

class Town {
 public:
  using Steady = std::chrono::steady_clock;
  // How long the n-th call takes.
  using Pace = std::function<Duration(std::size_t n)>;

  explicit Town(Turnstile::Limits limits) : turnstile_(limits) { Tick(); }

  struct Service : Gate {
    Pace pace;
    std::size_t begun = 0;
    std::deque<Steady::time_point> asked;  // Of what is queued; what begins without is backlog.
    std::vector<Duration> waits;           // From there until the call begins.
  };

  Service& Open(Pace pace) {
    Service& service = services_.emplace_back();
    service.pace = std::move(pace);
    return service;
  }
  static Pace Always(Duration time) {
    return [time](std::size_t) { return time; };
  }

  // More calls than will ever be made.
  void Swamp(Service& service) { Queue(service, kBacklog); }
  void Ask(Service& service) {
    service.asked.push_back(now_);
    Queue(service, 1);
  }

  // Asks it `calls` times, once every `interval`.
  void AskOften(Service& service, std::size_t calls, Duration interval) {
    for (std::size_t i = 0; i < calls; ++i) {
      Ask(service);
      Pass(interval);
    }
  }

  void Pass(Duration time) {
    const auto until = now_ + time;
    while (!events_.empty() && events_.begin()->first <= until) {
      const auto event = events_.extract(events_.begin());
      now_ = event.key();
      event.mapped()();
    }
    now_ = until;
  }

  std::size_t active() const { return turns_.size(); }

 private:
  static constexpr std::size_t kBacklog = 1'000'000;

  void Queue(Service& service, std::size_t calls) {
    service.queued += calls;
    turnstile_.LineUp(service);
    Serve();
  }
  void Serve() {
    turnstile_.ServeAll([this](Gate& gate) { Begin(static_cast<Service&>(gate)); });
  }
  void Begin(Service& service) {
    if (!service.asked.empty()) {
      service.waits.push_back(std::chrono::duration_cast<Duration>(now_ - service.asked.front()));
      service.asked.pop_front();
    }
    const auto turn = turns_.emplace(turns_.end());
    turnstile_.Started(service, *turn, now_);
    events_.emplace(now_ + service.pace(service.begun++), [this, turn] { Answer(turn); });
  }
  void Answer(std::list<Turn>::iterator turn) {
    Gate& gate = *turn->gate;
    turnstile_.Heard(gate, now_);
    turnstile_.Ended(*turn, now_);
    turns_.erase(turn);
    turnstile_.LineUp(gate);
    Serve();
  }
  void Tick() {
    turnstile_.Look(now_);
    Serve();
    events_.emplace(now_ + std::chrono::milliseconds(100), [this] { Tick(); });
  }

  Turnstile turnstile_;
  std::deque<Service> services_;
  std::list<Turn> turns_;
  std::multimap<Steady::time_point, std::function<void()>> events_;
  Steady::time_point now_{std::chrono::seconds(1'000)};
};

// 99 of 100 waited no longer.
inline Duration P99(std::vector<Duration> waits) {
  std::ranges::sort(waits);
  return waits.empty() ? Duration::max() : waits[waits.size() * 99 / 100];
}

}  // namespace treaty::test
