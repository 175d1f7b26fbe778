// A signalfd beside an eventfd: nothing runs in a signal handler.

#include "daemon/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <limits>

#include "base/check.h"

namespace treaty::daemon {
namespace {

using SteadyClock = std::chrono::steady_clock;

// What is left of the time-out, as poll wants it.
int PollTimeout(std::optional<SteadyClock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<Duration>(*deadline - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  TREATY_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  notify_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  TREATY_CHECK(signal_fd_ >= 0 && notify_fd_ >= 0);
}

Signals::~Signals() {
  ::close(signal_fd_);
  ::close(notify_fd_);
}

Signals::Event Signals::Wait(std::optional<Duration> timeout) {
  std::optional<SteadyClock::time_point> deadline;
  if (timeout) deadline = SteadyClock::now() + *timeout;
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{signal_fd_, POLLIN, 0}, pollfd{notify_fd_, POLLIN, 0}};
    const int ready = ::poll(fds.data(), fds.size(), PollTimeout(deadline));
    TREATY_CHECK(ready >= 0 || errno == EINTR);
    if (ready == 0) return Event::kTimedOut;
    signalfd_siginfo info{};
    if (::read(signal_fd_, &info, sizeof info) == sizeof info) {
      return info.ssi_signo == SIGHUP ? Event::kHangUp : Event::kStop;
    }
    std::uint64_t count = 0;
    if (::read(notify_fd_, &count, sizeof count) == sizeof count) return Event::kNotified;
  }
}

void Signals::Notify() {
  const std::uint64_t one = 1;
  TREATY_CHECK(::write(notify_fd_, &one, sizeof one) == sizeof one);
}

}  // namespace treaty::daemon
