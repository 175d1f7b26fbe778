// One pass over the headers finds what a browser says; most requests say nothing.

#include "api/http/sender.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "api/http/target.h"

namespace treaty::api {
namespace {

// The headers in which a browser says where a request comes from. The order is that of kNames.
enum Mark : std::size_t { kOrigin, kReferer, kSite, kMode, kDest, kUser, kMarks };
constexpr std::array<std::string_view, kMarks> kNames = {
    "origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// `lower` is in small letters.
bool Same(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::ranges::equal(text, lower, {}, Lower);
}

struct Said {
  std::array<std::optional<std::string_view>, kMarks> marks;
  bool doubled = false;
};

void Note(Said& said, std::string_view name, std::string_view value) {
  const auto* const found =
      std::ranges::find_if(kNames, [&](std::string_view known) { return Same(name, known); });
  if (found == kNames.end()) return;
  auto& mark = said.marks.at(static_cast<std::size_t>(found - kNames.begin()));
  said.doubled = said.doubled || mark.has_value();
  mark = value;
}

Said SaidIn(const HttpRequest& request) {
  Said said;
  for (const auto& [name, value] : request.headers) Note(said, name, value);
  return said;
}

// Calls `check` for each host that the request names: in the Host header, and in a target of the
// form that proxies are sent. False once it says so.
template <typename Check>
bool EveryHost(const HttpRequest& request, Check check) {
  for (const auto& [name, value] : request.headers) {
    if (Same(name, "host") && !check(std::string_view(value))) return false;
  }
  const std::optional<std::string_view> in_target = AuthorityIn(request.target);
  return !in_target || check(*in_target);
}

// Without the port that the scheme implies.
std::string Authority(std::string_view text, std::string_view default_port) {
  if (text.ends_with(default_port)) text.remove_suffix(default_port.size());
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), Lower);
  return lower;
}

// Whether `page`, an origin or a URL, has the origin of every host that the request names.
bool IsOwnPage(std::string_view page, const HttpRequest& request) {
  const std::optional<std::string_view> authority = AuthorityIn(page);
  if (!authority) return false;  // "null", a sandboxed page; or a file, or nothing.
  const std::string_view port = Lower(page[4]) == 's' ? ":443" : ":80";
  const std::string own = Authority(*authority, port);
  bool named = false;
  const bool all = EveryHost(request, [&](std::string_view host) {
    named = true;
    return Authority(host, port) == own;
  });
  return named && all;
}

// An image, a form, a link: what no program says. Node's fetch says "cors" and nothing else, which
// a page of another origin could not without its Origin.
bool IsEmbedded(const Said& said) {
  const auto& mode = said.marks[kMode];
  const auto& dest = said.marks[kDest];
  return (mode && !Same(*mode, "cors") && !Same(*mode, "same-origin")) ||
         (dest && !Same(*dest, "empty"));
}

// Where the browser says how page and host stand to each other, that decides: a proxy on the way
// may have changed the Host. "none" is a link from outside, a mail's for one.
bool IsForeign(const Said& said, const HttpRequest& request) {
  if (said.marks[kSite]) return !Same(*said.marks[kSite], "same-origin");
  const auto& origin = said.marks[kOrigin];
  const auto& referer = said.marks[kReferer];
  if (origin && !IsOwnPage(*origin, request)) return true;
  if (referer && !IsOwnPage(*referer, request)) return true;
  return !origin && !referer && IsEmbedded(said);
}

}  // namespace

Refusal JudgeSender(const HttpRequest& request, const HostRules& hosts, bool changes) {
  if (!EveryHost(request, [&](std::string_view host) { return IsServed(hosts, host); })) {
    return {421, "this server is not known by that Host; list it in Http.Hosts"};
  }
  const Said said = SaidIn(request);
  if (said.doubled) return {400, "send one Origin, one Referer, one of each Sec-Fetch header"};
  if (!changes || !IsForeign(said, request)) return {};
  return {403, "requests from pages of another site change nothing here"};
}

}  // namespace treaty::api
