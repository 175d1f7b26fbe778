// The threads are detached: one that hangs in the system's resolver must not keep the process
// from ending. They share the state, which outlives whoever is last.

#include "runtime/lookup_threads.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "base/at_work_on.h"
#include "base/enough_memory.h"

namespace treaty {

struct LookupThreads::State {
  struct Task {
    Question question;
    Done done;
  };

  State(Lookup ask, std::size_t most) : lookup(std::move(ask)), most_threads(most) {}

  const Lookup lookup;
  const std::size_t most_threads;
  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex.
  std::deque<Task> line;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool closed = false;
};

namespace {

std::string WordsFor(const boost::system::error_code& error) {
  namespace asio = boost::asio;
  const bool absent =
      error == asio::error::host_not_found || error == asio::error::no_data || !error;
  if (absent) return "name not found";
  if (error == asio::error::host_not_found_try_again)
    return "name not found: no name server answered";
  return "name not found: " + error.message();
}

}  // namespace

Result<Addresses> SystemLookup(const std::string& name) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::resolver resolver(context);
  boost::system::error_code error;
  Addresses addresses;
  for (const auto& entry : resolver.resolve(name, "", error)) {
    const auto address = entry.endpoint().address();
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  if (!addresses.empty()) return addresses;
  return Status{Code::kUnavailable, WordsFor(error)};
}

namespace {

Result<Addresses> Ask(const Lookup& lookup, const LookupThreads::Question& question) {
  const AtWorkOn noted(question.gid.empty() ? nullptr : &question.gid);
  return WithinMemory([&]() -> Result<Addresses> {
    try {
      return lookup(question.name);
    } catch (const std::runtime_error& failed) {  // Asio's own means.
      return Status{Code::kUnavailable, std::string("resolve: ") + failed.what()};
    }
  });
}

}  // namespace

LookupThreads::LookupThreads(Lookup lookup, std::size_t most_threads)
    : state_(std::make_shared<State>(std::move(lookup), most_threads)) {}

LookupThreads::~LookupThreads() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->line.clear();
  state_->changed.notify_all();
}

void LookupThreads::Start(Question question, Done done) {
  const std::lock_guard lock(state_->mutex);
  state_->line.push_back({std::move(question), std::move(done)});
  if (state_->line.size() <= state_->idle) return state_->changed.notify_one();
  if (state_->threads >= state_->most_threads) return;
  if (!StartThread() && state_->threads == 0) {
    const State::Task task = std::move(state_->line.back());
    state_->line.pop_back();
    task.done(Status{Code::kUnavailable, "resolve: no thread for the look-up"});
  }
}

// The system may have none left; those there are then do the work.
bool LookupThreads::StartThread() {
  try {
    std::thread([state = state_] { Work(state); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  ++state_->threads;
  return true;
}

void LookupThreads::Work(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (!state->closed) {
    if (state->line.empty()) {
      ++state->idle;
      state->changed.wait(lock);
      --state->idle;
      continue;
    }
    const State::Task task = std::move(state->line.front());
    state->line.pop_front();
    lock.unlock();
    Result<Addresses> answer = Ask(state->lookup, task.question);
    lock.lock();
    if (!state->closed) task.done(std::move(answer));
  }
}

}  // namespace treaty
