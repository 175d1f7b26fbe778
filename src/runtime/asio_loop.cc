// Runs the tasks and timers of one thread: one Asio timer drives a heap of deadlines, so that
// setting and cancelling a timer costs no system call as a rule.

#include "runtime/asio_loop.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace treaty {
namespace {

using Steady = std::chrono::steady_clock;
// The concrete executor: calls through any_io_executor would cost more than the timers do.
using SteadyTimer = boost::asio::basic_waitable_timer<Steady, boost::asio::wait_traits<Steady>,
                                                      boost::asio::io_context::executor_type>;

struct Deadline {
  Steady::time_point when;
  TimerId id = kNoTimer;
};

// Orders a heap whose front is the earliest; timers of one instant fire in the order of setting.
bool Later(const Deadline& a, const Deadline& b) {
  return a.when != b.when ? a.when > b.when : a.id > b.id;
}

}  // namespace

struct AsioLoop::Timers {
  explicit Timers(boost::asio::io_context& context) : timer(context) {}

  TimerId Add(Steady::time_point when, std::function<void()> task) {
    const TimerId id = ++last_id;
    tasks.emplace(id, std::move(task));
    heap.push_back({when, id});
    std::push_heap(heap.begin(), heap.end(), Later);
    if (!firing && heap.front().id == id) Arm();
    return id;
  }

  // The deadline stays in the heap until it comes or until such leftovers are the majority.
  void Remove(TimerId id) {
    if (tasks.erase(id) == 0) return;
    if (heap.size() < kWorthPurging || heap.size() < 2 * tasks.size()) return;
    std::erase_if(heap, [this](const Deadline& d) { return !tasks.contains(d.id); });
    std::make_heap(heap.begin(), heap.end(), Later);
  }

  // An earlier wake-up already set is kept: it then arms anew.
  void Arm() {
    if (heap.empty() || (armed && armed_for <= heap.front().when)) return;
    armed = true;
    armed_for = heap.front().when;
    timer.expires_at(armed_for);
    timer.async_wait([this](const boost::system::error_code& error) {
      if (!error) Fire();
    });
  }

  void Fire() {
    armed = false;
    firing = true;
    // Timers set by the tasks wait for the next turn, so that none can starve the loop.
    const TimerId newest = last_id;
    const Steady::time_point now = Steady::now();
    while (!heap.empty() && heap.front().when <= now && heap.front().id <= newest) RunFirst();
    firing = false;
    Arm();
  }

  void RunFirst() {
    const TimerId id = heap.front().id;
    std::pop_heap(heap.begin(), heap.end(), Later);
    heap.pop_back();
    auto node = tasks.extract(id);
    if (!node.empty()) node.mapped()();
  }

  static constexpr std::size_t kWorthPurging = 1'024;

  SteadyTimer timer;
  std::vector<Deadline> heap;
  std::unordered_map<TimerId, std::function<void()>> tasks;
  TimerId last_id = kNoTimer;
  Steady::time_point armed_for;
  bool armed = false;
  bool firing = false;
};

AsioLoop::AsioLoop() : timers_(std::make_unique<Timers>(context_)) {}

AsioLoop::~AsioLoop() = default;

void AsioLoop::Post(std::function<void()> task) { boost::asio::post(context_, std::move(task)); }

TimerId AsioLoop::After(Duration delay, std::function<void()> task) {
  return timers_->Add(Steady::now() + std::max(delay, Duration{0}), std::move(task));
}

void AsioLoop::Cancel(TimerId timer) { timers_->Remove(timer); }

void AsioLoop::Run(const std::string& name) {
  constexpr std::size_t kLongestName = 15;  // The kernel's limit.
  pthread_setname_np(pthread_self(), name.substr(0, kLongestName).c_str());
  const auto guard = boost::asio::make_work_guard(context_);
  context_.run();
}

void AsioLoop::Stop() { context_.stop(); }

}  // namespace treaty
