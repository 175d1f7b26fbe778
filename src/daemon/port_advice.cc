#include "daemon/port_advice.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

namespace treaty::daemon {
namespace {

constexpr char kRange[] = "/proc/sys/net/ipv4/ip_local_port_range";

std::string ContentOf(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// "32768 to 60999"; empty: it cannot be read.
std::string EphemeralRange() {
  std::istringstream file(ContentOf(kRange));
  int first = 0;
  int last = 0;
  file >> first >> last;
  return file.fail() ? "" : std::to_string(first) + " to " + std::to_string(last);
}

std::string AdviceOnConnection(const std::string& key, std::uint16_t port) {
  const std::string range = EphemeralRange();
  return "; nobody listens there, but a connection of this machine has the port, from those that "
         "the "
         "kernel hands out (net.ipv4.ip_local_port_range" +
         (range.empty() ? "" : ": " + range) + "): add " + std::to_string(port) +
         " to net.ipv4.ip_local_reserved_ports and start again when that connection has ended, or "
         "choose another " +
         key;
}

}  // namespace

// A line is "  0: 0100007F:8FB5 00000000:0000 0A ...": the local end, the other one, the state.
PortUse UseOf(std::uint16_t port, std::string_view tables) {
  constexpr std::string_view kListening = "0A";
  std::array<char, 8> wanted{};
  std::snprintf(wanted.data(), wanted.size(), ":%04X", port);
  PortUse use = PortUse::kUnknown;
  std::istringstream lines{std::string(tables)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    words >> number >> local >> remote >> state;
    if (words.fail() || !local.ends_with(wanted.data())) continue;
    if (state == kListening) return PortUse::kListener;
    use = PortUse::kConnection;
  }
  return use;
}

Status WithAdviceOnPort(const Status& status, const std::string& key, std::uint16_t port) {
  const std::string tables = ContentOf("/proc/net/tcp") + ContentOf("/proc/net/tcp6");
  const bool by_connection = port != 0 && UseOf(port, tables) == PortUse::kConnection;
  const std::string advice = by_connection
                                 ? AdviceOnConnection(key, port)
                                 : "; see Host and " + key + ", and what else listens there";
  return {status.code(), status.message() + advice};
}

}  // namespace treaty::daemon
