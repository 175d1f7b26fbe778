// Addresses are read by the system's own parser; rules by hand, for their messages.

#include "daemon/targets.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "daemon/escape.h"

namespace treaty::daemon {
namespace {

Status BadRule(std::string_view rule) {
  return {Code::kInvalidArgument,
          "has the rule '" + Escape(rule) +
              "', allowed is [https://]host[:port] with a port from 1 to 65535, for example "
              "*.bank.example:8080 or [fd00::7]"};
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool IsHostCharacter(char c, bool bracketed) {
  if (std::isalnum(static_cast<unsigned char>(c)) != 0) return true;
  return bracketed ? c == ':' || c == '.' : c == '.' || c == '-' || c == '_';
}

bool IsHost(std::string_view host, bool bracketed) {
  if (!bracketed && host.starts_with("*.")) host.remove_prefix(2);
  return !host.empty() && std::all_of(host.begin(), host.end(),
                                      [&](char c) { return IsHostCharacter(c, bracketed); });
}

// Reads ":port"; nothing means any port.
bool ReadPort(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return true;
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return false;
  if (value == 0 || value > std::numeric_limits<std::uint16_t>::max()) return false;
  port = static_cast<std::uint16_t>(value);
  return true;
}

Result<wire::AllowRule> ParseAllowRule(std::string_view text) {
  constexpr std::string_view kHttps = "https://";
  wire::AllowRule rule;
  std::string_view rest = text;
  if (rest.starts_with(kHttps)) {
    rule.https_only = true;
    rest.remove_prefix(kHttps.size());
  }
  const bool bracketed = rest.starts_with('[');
  const std::size_t end = rest.find(bracketed ? ']' : ':');
  if (bracketed && end == std::string_view::npos) return BadRule(text);
  const std::string_view host = bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
  const std::size_t after = end == std::string_view::npos ? rest.size() : end + (bracketed ? 1 : 0);
  if (!IsHost(host, bracketed) || !ReadPort(rest.substr(after), rule.port)) return BadRule(text);
  rule.host = std::string(host);
  std::transform(rule.host.begin(), rule.host.end(), rule.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return rule;
}

Status BadHost(std::string_view text) {
  return {Code::kInvalidArgument,
          "has '" + Escape(text) +
              "', allowed is host[:port] with a name, an IPv4 address or an IPv6 address in "
              "brackets, for example treaty.bank.example or [fd00::7]:8080"};
}

// The parser of URLs has one spelling of each name and address.
Result<wire::OwnHost> ParseOwnHost(std::string_view text) {
  const Result<wire::Url> url = wire::ParseUrl("http://" + std::string(text) + "/", "http");
  if (!url.ok() || url->target != "/") return BadHost(text);
  wire::OwnHost own{.host = url->host};
  if (own.host.ends_with('.')) own.host.pop_back();
  const std::size_t colon = text.rfind(':');
  const bool bare = colon == std::string_view::npos || text.ends_with(']');
  if (!bare) own.port = url->port;
  return own;
}

template <typename Item>
Result<std::vector<Item>> ParseList(std::string_view text,
                                    Result<Item> (*parse)(std::string_view)) {
  std::vector<Item> items;
  if (Trim(text).empty()) return items;
  while (true) {
    const std::size_t comma = text.find(',');
    Result<Item> item = parse(Trim(text.substr(0, comma)));
    if (!item.ok()) return item.status();
    items.push_back(*std::move(item));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<bool> IsLoopbackAddress(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127U;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
  return Status(Code::kInvalidArgument, "not an address");
}

std::string ListenAddress(const Config& config) {
  return config.host == "localhost" ? "127.0.0.1" : config.host;
}

Result<std::vector<wire::AllowRule>> ParseAllowRules(std::string_view text) {
  return ParseList<wire::AllowRule>(text, ParseAllowRule);
}

Result<std::vector<wire::OwnHost>> ParseOwnHosts(std::string_view text) {
  return ParseList<wire::OwnHost>(text, ParseOwnHost);
}

wire::TargetPolicy MakeTargetPolicy(const Config& config, std::uint16_t port) {
  const Result<bool> loopback = IsLoopbackAddress(config.host);
  const Result<std::vector<wire::AllowRule>> rules = ParseAllowRules(config.allow_targets);
  const Result<std::vector<wire::OwnHost>> hosts = ParseOwnHosts(config.http_hosts);
  TREATY_CHECK(loopback.ok() && rules.ok() && hosts.ok());
  wire::TargetPolicy policy;
  policy.allow_loopback = config.allow_loopback_targets == "true" ||
                          (config.allow_loopback_targets == "auto" && *loopback);
  policy.own_listeners = {{ListenAddress(config), port}};
  for (const std::uint16_t more : {config.json_rpc_port, config.grpc_port}) {
    if (more != 0) policy.own_listeners.push_back({ListenAddress(config), more});
  }
  policy.own_hosts = *hosts;
  policy.allow = *rules;
  return policy;
}

Status CheckWebHook(const Config& config) {
  if (config.web_hook.url.empty()) return {};
  const Result<wire::Url> url = wire::ParseUrl(config.web_hook.url, "http");
  if (!url.ok()) return url.status();
  if (!wire::IsHttpUrl(config.web_hook.url)) {
    return {Code::kInvalidArgument, "alerts are posted by HTTP; use http:// or https://"};
  }
  return CheckUrl(MakeTargetPolicy(config, config.http_port), *url);
}

}  // namespace treaty::daemon
