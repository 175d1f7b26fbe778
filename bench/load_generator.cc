// One thread and one epoll; a reply begins the next request of its connection at once.

#include "load_generator.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "http_text.h"

namespace treaty::bench {
namespace {

constexpr double kNsPerSecond = 1e9;

std::int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t Ns(double seconds) { return static_cast<std::int64_t>(seconds * kNsPerSecond); }

void Watch(int epoll, int operation, int fd, std::uint64_t index) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = index;
  ::epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

LoadGenerator::LoadGenerator(const LoadOptions& options, const Address& to)
    : options_(options),
      to_(to),
      conversation_(options, to),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      clients_(static_cast<std::size_t>(options.clients)) {}

bool LoadGenerator::Run(LoadResult& out) {
  if (!ConnectAll()) return false;
  const std::int64_t start = NowNs();
  const std::int64_t measure_from = start + Ns(options_.warmup);
  const std::int64_t measure_to =
      options_.count > 0 ? start + Ns(3'600) : measure_from + Ns(options_.seconds);
  next_due_ns_ = start;
  for (std::size_t i = 0; i < clients_.size(); ++i) Release(i);
  std::int64_t give_up = measure_to + Ns(options_.timeout);
  for (std::int64_t now = start; now < give_up && (!ending_ || open_ > 0); now = NowNs()) {
    if (!measuring_ && !ending_ && now >= measure_from) StartPhase(now);
    if (!ending_ && IsOver(now, measure_to)) EndPhase(now);
    SendScheduled(now);
    Poll(now);
  }
  result_.unanswered = open_;
  out = result_;
  return true;
}

bool LoadGenerator::IsOver(std::int64_t now_ns, std::int64_t measure_to) const {
  const bool counted = options_.count > 0 && sent_ >= options_.count && open_ == 0;
  return counted || now_ns >= measure_to;
}

void LoadGenerator::EndPhase(std::int64_t now_ns) {
  ending_ = true;
  measuring_ = false;
  result_.seconds = static_cast<double>(now_ns - measured_since_ns_) / kNsPerSecond;
  result_.after = options_.pid > 0 ? ReadProcessStats(options_.pid) : ProcessStats();
}

void LoadGenerator::StartPhase(std::int64_t now_ns) {
  measuring_ = true;
  measured_since_ns_ = now_ns;
  if (options_.pid > 0) result_.before = ReadProcessStats(options_.pid);
}

bool LoadGenerator::ConnectAll() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (!Reconnect(i)) return false;
  }
  return true;
}

bool LoadGenerator::Reconnect(std::size_t index) {
  Client& client = clients_[index];
  client.fd = Connect(to_);
  client.in.clear();
  client.unsent.clear();
  if (!client.fd.valid()) return false;
  Watch(epoll_.get(), EPOLL_CTL_ADD, client.fd.get(), index);
  return true;
}

bool LoadGenerator::MaySend() const {
  return !ending_ && (options_.count == 0 || sent_ < options_.count);
}

// A connection has no request under way.
void LoadGenerator::Release(std::size_t index) {
  if (!MaySend()) return;
  if (options_.rate <= 0) {
    Begin(index, NowNs());
  } else if (!waiting_.empty()) {
    const std::int64_t due = waiting_.front();
    waiting_.pop_front();
    Begin(index, due);
  } else {
    idle_.push_back(index);
  }
}

// In the open loop latency counts from when the request was due, so that a coordinator that
// stalls is charged for those who would have come meanwhile.
void LoadGenerator::SendScheduled(std::int64_t now_ns) {
  if (options_.rate <= 0) return;
  while (next_due_ns_ <= now_ns && MaySend()) {
    const std::int64_t due = next_due_ns_;
    next_due_ns_ += Ns(1 / options_.rate);
    if (idle_.empty()) {
      waiting_.push_back(due);
      if (measuring_) ++result_.late;
      continue;
    }
    const std::size_t index = idle_.front();
    idle_.pop_front();
    Begin(index, due);
  }
}

void LoadGenerator::Begin(std::size_t index, std::int64_t since_ns) {
  Client& client = clients_[index];
  if (!client.fd.valid()) return;
  client.since_ns = since_ns;
  client.number = ++sent_;
  client.stage = 0;
  ++open_;
  client.unsent = conversation_.Request(0, client.number);
  Flush(client);
}

void LoadGenerator::Flush(Client& client) {
  if (client.unsent.empty()) return;
  const ssize_t sent =
      ::send(client.fd.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
  if (sent > 0) client.unsent.erase(0, static_cast<std::size_t>(sent));
}

void LoadGenerator::Poll(std::int64_t now_ns) {
  constexpr std::int64_t kIdleNs = 10'000'000;
  std::array<epoll_event, 256> events = {};
  std::int64_t wait_ns = kIdleNs;
  if (options_.rate > 0 && MaySend()) wait_ns = std::clamp(next_due_ns_ - now_ns, 0L, kIdleNs);
  const timespec wait = {.tv_sec = 0, .tv_nsec = wait_ns};
  const int count =
      ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events.at(static_cast<std::size_t>(i));
    OnReady(event.data.u64, event.events);
  }
}

// Takes all there is, as an edge is told only once; returns what the last call returned.
ssize_t LoadGenerator::Receive(Client& client) {
  std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t got = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return got;
    client.in.append(buffer.data(), static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < buffer.size()) return got;
  }
}

void LoadGenerator::OnReady(std::size_t index, std::uint32_t events) {
  Client& client = clients_[index];
  if ((events & EPOLLOUT) != 0) Flush(client);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  const ssize_t got = Receive(client);
  if (got < 0 && (errno == EAGAIN || errno == EINTR) && client.in.empty()) return;
  const HttpMessage message = ParseHttp(client.in);
  const bool broken = (got == 0 && message.state != HttpMessage::State::kComplete) ||
                      (got < 0 && errno != EAGAIN) || message.state == HttpMessage::State::kBroken;
  if (message.state == HttpMessage::State::kIncomplete && !broken) return;
  const int status = broken ? 0 : StatusOf(message.first_line);
  const bool success = status == 200 && message.body.find("SUCCESS") != std::string_view::npos;
  const bool close = broken || message.close;
  client.in.clear();
  if (close && !Reconnect(index)) client.fd.Reset();
  OnReply(index, status, success);
}

void LoadGenerator::OnReply(std::size_t index, int status, bool success) {
  Client& client = clients_[index];
  if (client.since_ns == 0) return;
  if (status == 200 && client.stage + 1 < conversation_.size()) {
    client.unsent = conversation_.Request(++client.stage, client.number);
    return Flush(client);
  }
  const std::int64_t now = NowNs();
  const std::int64_t took = now - client.since_ns;
  client.since_ns = 0;
  --open_;
  if (measuring_) {
    ++result_.by_status[status];
    if (success) ++result_.succeeded;
    result_.latency.Add(took);
  }
  Release(index);
}

}  // namespace treaty::bench
