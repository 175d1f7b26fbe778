// The loop, and the choice of an answer.

#include "participant_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string_view>

#include "http_text.h"

namespace treaty::bench {
namespace {

constexpr std::uint64_t kListener = 0;

std::string Reply(std::string_view status, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

const std::string kSuccess = Reply("200 OK", R"({"dtm_result":"SUCCESS"})");
const std::string kFailure = Reply("409 Conflict", R"({"dtm_result":"FAILURE"})");
const std::string kOngoing = Reply("425 Too Early", R"({"dtm_result":"ONGOING"})");
const std::string kError = Reply("500 Internal Server Error", "{}");

std::int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Watch(int epoll, int fd, std::uint64_t id) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = id;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

ParticipantServer::ParticipantServer(const ParticipantOptions& options)
    : options_(options),
      listener_(Listen(options.host, options.port, /*shared=*/false)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      random_(options.seed) {
  if (listener_.valid()) Watch(epoll_.get(), listener_.get(), kListener);
}

void ParticipantServer::RunUntil(const volatile bool& stop) {
  std::array<epoll_event, 256> events = {};
  while (!stop) {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), WaitMs());
    for (int i = 0; i < count; ++i) OnReadable(events.at(static_cast<std::size_t>(i)).data.u64);
    SendDue();
  }
}

void ParticipantServer::OnReadable(std::uint64_t id) {
  if (id == kListener) return AcceptAll();
  const auto found = connections_.find(id);
  if (found != connections_.end()) Read(*found->second);
}

int ParticipantServer::WaitMs() const {
  constexpr int kIdleMs = 200;
  if (due_.empty()) return kIdleMs;
  const std::int64_t left = (due_.top().at_ns - NowNs()) / 1'000'000;
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kIdleMs));
}

void ParticipantServer::AcceptAll() {
  for (Fd fd = Accept(listener_); fd.valid(); fd = Accept(listener_)) {
    auto connection = std::make_unique<Connection>();
    connection->fd = std::move(fd);
    connection->id = next_id_++;
    Watch(epoll_.get(), connection->fd.get(), connection->id);
    connections_.emplace(connection->id, std::move(connection));
  }
}

void ParticipantServer::Read(Connection& connection) {
  std::array<char, 16'384> buffer;
  const ssize_t got = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) return;
  if (got == 0) {
    Close(connection.id);
    return;
  }
  connection.in.append(buffer.data(), static_cast<std::size_t>(got));
  Answer(connection);
}

void ParticipantServer::Answer(Connection& connection) {
  for (;;) {
    const HttpMessage message = ParseHttp(connection.in);
    if (message.state == HttpMessage::State::kBroken) {
      Close(connection.id);
      return;
    }
    if (message.state == HttpMessage::State::kIncomplete) return;
    const std::string* reply = Choose(message.first_line);
    connection.in.erase(0, message.size);
    if (reply == nullptr) continue;
    if (options_.latency_ms > 0) {
      due_.push({NowNs() + options_.latency_ms * 1'000'000LL, connection.id, reply});
    } else {
      Send(connection, *reply);
    }
  }
}

const std::string* ParticipantServer::Choose(std::string_view first_line) {
  const std::string_view target =
      first_line.substr(std::min(first_line.find('/'), first_line.size()));
  if (options_.hang || target.starts_with("/hang")) return nullptr;
  if (target.starts_with("/ongoing")) return &kOngoing;
  if (options_.failure + options_.ongoing + options_.error <= 0) return &kSuccess;
  const double drawn = std::uniform_real_distribution<double>(0, 1)(random_);
  if (drawn < options_.error) return &kError;
  if (drawn < options_.error + options_.ongoing) return &kOngoing;
  const bool may_refuse = target.find("op=action") != std::string_view::npos;
  return may_refuse && drawn < options_.error + options_.ongoing + options_.failure ? &kFailure
                                                                                    : &kSuccess;
}

void ParticipantServer::Send(Connection& connection, const std::string& reply) {
  // A reply is far smaller than a socket's buffer; a peer that does not read loses it.
  ::send(connection.fd.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
}

void ParticipantServer::SendDue() {
  while (!due_.empty() && due_.top().at_ns <= NowNs()) {
    const Due due = due_.top();
    due_.pop();
    const auto found = connections_.find(due.connection);
    if (found != connections_.end()) Send(*found->second, *due.reply);
  }
}

void ParticipantServer::Close(std::uint64_t id) { connections_.erase(id); }

}  // namespace treaty::bench
