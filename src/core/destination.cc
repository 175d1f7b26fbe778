#include "core/destination.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace treaty {
namespace {

using Text = std::string_view;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool Equals(Text text, Text lower) { return std::ranges::equal(text, lower, {}, Lower); }

// Scheme and authority. gRPC's targets may do without a scheme.
std::pair<Text, Text> Split(Text url) {
  const std::size_t colon = url.find("://");
  const bool has_scheme = colon != Text::npos && url.find('/') == colon + 1;
  const Text scheme = has_scheme ? url.substr(0, colon) : Text();
  const Text rest = has_scheme ? url.substr(colon + 3) : url;
  const Text authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t user = authority.rfind('@');
  return {scheme, user == Text::npos ? authority : authority.substr(user + 1)};
}

// Host and port; without brackets.
std::pair<Text, Text> SplitPort(Text authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : Text::npos;
  if (bracket != Text::npos) {
    const Text rest = authority.substr(bracket + 1);
    return {authority.substr(1, bracket - 1), rest.starts_with(':') ? rest.substr(1) : Text()};
  }
  const std::size_t colon = authority.rfind(':');
  if (colon == Text::npos) return {authority, Text()};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

}  // namespace

DestinationName::DestinationName(std::string_view url) {
  const auto [scheme, authority] = Split(url);
  if (authority.empty()) return;
  const auto [host, port] = SplitPort(authority);
  if (host.find(':') == Text::npos) {
    PutHost(host);
  } else {
    PutAddress(host);
  }
  PutPort(port, scheme);
}

void DestinationName::Put(char c) {
  constexpr std::size_t kRoomForPort = 6;
  if (size_ < kMost - kRoomForPort) text_[size_++] = c;
}

void DestinationName::PutHost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  for (const char c : host) Put(Lower(c));
}

// What is no address stays as it is.
void DestinationName::PutAddress(std::string_view host) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in6_addr address{};
  if (host.size() >= text.size()) return PutHost(host);
  std::ranges::copy(host, text.begin());
  if (inet_pton(AF_INET6, text.data(), &address) != 1) return PutHost(host);
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  Put('[');
  PutHost(text.data());
  Put(']');
}

void DestinationName::PutPort(std::string_view port, std::string_view scheme) {
  constexpr unsigned kHttp = 80;
  constexpr unsigned kHttps = 443;
  unsigned number = Equals(scheme, "https") ? kHttps : Equals(scheme, "http") ? kHttp : 0;
  const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
  if (read.ec != std::errc() || number > 0xFFFF) number = port.empty() ? number : 0;
  text_[size_++] = ':';
  char* const end = text_.data() + kMost;
  size_ =
      static_cast<std::size_t>(std::to_chars(text_.data() + size_, end, number).ptr - text_.data());
}

std::string_view FirstUrlOf(const Body& body) {
  if (!body.recipients.empty()) return body.recipients.front().url;
  if (body.steps.empty()) return body.query_prepared;
  const Step& first = body.steps.front();
  return first.action.empty() ? first.compensate : first.action;
}

}  // namespace treaty
