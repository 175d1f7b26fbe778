// Blocking sockets; the destructor shuts them down to end the threads.

#include "support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace treaty::test {
namespace {

std::size_t BodyLength(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

}  // namespace

std::string RawPeer::ReadRequest() {
  while (true) {
    const std::size_t end = pending_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t length = end + 4 + BodyLength(pending_.substr(0, end + 2));
      if (pending_.size() >= length) {
        std::string request = pending_.substr(0, length);
        pending_.erase(0, length);
        return request;
      }
    }
    if (!ReadSome()) return {};
  }
}

bool RawPeer::AwaitHead() {
  while (pending_.find("\r\n\r\n") == std::string::npos) {
    if (!ReadSome()) return false;
  }
  return true;
}

bool RawPeer::ReadSome() {
  std::array<char, 16'384> piece{};
  const ssize_t got = recv(fd_, piece.data(), piece.size(), 0);
  if (got > 0) pending_.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

bool RawPeer::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawPeer::WaitForEnd() {
  std::array<char, 16'384> piece{};
  while (recv(fd_, piece.data(), piece.size(), 0) > 0) {
  }
}

RawServer::RawServer(Script script, const char* address) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  inet_pton(AF_INET, address, &at.sin_addr);
  socklen_t size = sizeof at;
  TREATY_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0);
  TREATY_CHECK(listen(listener_, 1'024) == 0);
  TREATY_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  port_ = ntohs(at.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& peer : peers_) peer.join();
  close(listener_);
}

void RawServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int now = 1;  // What a script writes is sent at once.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    peers_.emplace_back([this, fd, number = connections_++] {
      RawPeer peer(fd, number, stopping_);
      script_(peer);
      const std::lock_guard closing(mutex_);
      open_.erase(std::find(open_.begin(), open_.end(), fd));
      close(fd);
    });
  }
}

std::string RawServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::string HttpReply(int status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

RawServer::Script Always(std::string reply) {
  return [text = std::move(reply)](RawPeer& peer) {
    while (!peer.ReadRequest().empty() && peer.Write(text)) {
    }
  };
}

}  // namespace treaty::test
