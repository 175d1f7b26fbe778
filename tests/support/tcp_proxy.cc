#include "support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace treaty::test {
namespace {

constexpr int kTickMs = 5;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool SendAll(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t got = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (got <= 0) return false;
    sent += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target) : target_(target) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) abort();
  if (listen(listener_, 64) != 0) abort();
  if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) abort();
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

TcpProxy::~TcpProxy() {
  ending_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void TcpProxy::Cut() {
  ++epoch_;
  while (open_ > 0) std::this_thread::yield();
}

void TcpProxy::LoseReplyTo(const std::string& words) {
  const std::lock_guard lock(mutex_);
  words_ = words;
}

bool TcpProxy::IsToLose(const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  if (words_.empty() || bytes.find(words_) == std::string::npos) return false;
  words_.clear();
  return true;
}

void TcpProxy::Accept() {
  while (!ending_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kTickMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    ++open_;
    threads_.emplace_back([this, client] { Forward(client); });
  }
}

void TcpProxy::Forward(int client) {
  const int epoch = epoch_;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(target_);
  bool open = connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  bool losing = false;
  while (open && !ending_ && epoch_ == epoch) {
    std::array<pollfd, 2> waiting = {{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (swallow_) {
      poll(nullptr, 0, kTickMs);
      continue;
    }
    if (poll(waiting.data(), waiting.size(), kTickMs) <= 0) continue;
    if (waiting[0].revents != 0) open = Pump(client, server, true, losing);
    if (open && waiting[1].revents != 0) open = Pump(server, client, false, losing);
  }
  close(client);
  close(server);
  --open_;
}

// Returns whether the connection goes on.
bool TcpProxy::Pump(int from, int to, bool request, bool& losing) {
  std::array<char, 65'536> block;
  const ssize_t got = recv(from, block.data(), block.size(), 0);
  if (got <= 0) return false;
  const std::string bytes(block.data(), static_cast<std::size_t>(got));
  if (!request && losing) {
    ++lost_;
    return false;
  }
  if (request && IsToLose(bytes)) losing = true;
  return SendAll(to, bytes);
}

}  // namespace treaty::test
