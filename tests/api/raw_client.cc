// POSIX sockets, blocking with a time-out.

#include "api/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "base/check.h"

namespace treaty::testing {

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  if (receive_buffer > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const int now = 1;  // What is sent in pieces arrives in pieces.
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TREATY_CHECK(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
               0);
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::FinishSending() { ::shutdown(socket_, SHUT_WR); }

bool RawClient::Receive() {
  std::array<char, 4096> chunk;
  const auto got = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

RawReply RawClient::Read() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Receive()) return {};
  }
  RawReply reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  std::size_t length = 0;
  const std::string_view name = "Content-Length: ";
  if (const auto at = reply.head.find(name); at != std::string::npos) {
    length = std::strtoul(reply.head.c_str() + at + name.size(), nullptr, 10);
  }
  while (buffer_.size() < length) {
    if (!Receive()) return {};
  }
  reply.status = std::atoi(reply.head.c_str() + std::string_view("HTTP/1.1 ").size());
  reply.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return reply;
}

std::size_t RawClient::ReadSome() {
  buffer_.clear();
  Receive();
  return buffer_.size();
}

int RawClient::PeekStatus() {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  std::array<char, 16> line{};
  const auto got = ::recv(socket_, line.data(), line.size() - 1, MSG_PEEK);
  return got < 12 ? 0 : std::atoi(line.data() + kVersion.size());
}

void RawClient::Reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

bool RawClient::ReadUntil(std::string_view text) {
  while (buffer_.find(text) == std::string::npos) {
    if (!Receive()) return false;
  }
  return true;
}

bool RawClient::AtEnd() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const auto got = ::recv(socket_, &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

}  // namespace treaty::testing
