// Writes request heads by hand: a general serialiser costs more than the rest of a call.

#include "participant/http/request_head.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire/target_policy.h"

namespace treaty {
namespace {

using HeaderView = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kUsualHeaders =
    "User-Agent: treaty\r\nAccept: application/json\r\nContent-Type: application/json\r\n";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

void AppendFormEncoded(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (IsUnreserved(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
}

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

void AppendHeader(const HeaderView& header, std::string& head) {
  head.append(header.first).append(": ").append(header.second).append("\r\n");
}

bool IsSendable(const HeaderView& header) {
  return wire::CheckHeader(header.first, header.second).ok() &&
         !SameName(header.first, "Accept-Encoding");
}

// In the order of their power: a later one replaces an earlier one of the same name.
std::vector<HeaderView> AllHeaders(const Terms& terms) {
  std::vector<HeaderView> all = {{"User-Agent", "treaty"},
                                 {"Accept", "application/json"},
                                 {"Content-Type", "application/json"}};
  all.insert(all.end(), terms.branch_headers.begin(), terms.branch_headers.end());
  all.insert(all.end(), terms.passed_headers.begin(), terms.passed_headers.end());
  std::erase_if(all, [](const HeaderView& header) { return !IsSendable(header); });
  return all;
}

void AppendHeaders(const Terms& terms, std::string& head) {
  if (terms.branch_headers.empty() && terms.passed_headers.empty()) {
    head += kUsualHeaders;
    return;
  }
  const std::vector<HeaderView> all = AllHeaders(terms);
  for (auto i = all.begin(); i != all.end(); ++i) {
    const bool replaced = std::any_of(
        i + 1, all.end(), [&](const HeaderView& later) { return SameName(i->first, later.first); });
    if (!replaced) AppendHeader(*i, head);
  }
}

void AppendParameters(const BranchCall& call, std::string& head) {
  head.append("branch_id=");
  AppendFormEncoded(call.branch_id(), head);
  head.append("&gid=");
  AppendFormEncoded(call.body->gid, head);
  head.append("&op=");
  AppendFormEncoded(call.op_name(), head);
  head.append("&trans_type=").append(Name(call.body->model));
}

}  // namespace

RequestTemplate MakeRequestTemplate(const wire::Url& url) {
  RequestTemplate made;
  made.exact = made.target = url.target;
  const std::size_t query = made.target.find('?');
  if (query == std::string::npos) {
    made.target += '?';
  } else if (query + 1 < made.target.size()) {
    made.target += '&';
  }
  const bool ipv6 = url.host.find(':') != std::string::npos;
  made.host = ipv6 ? "[" + url.host + "]" : url.host;
  const std::uint16_t usual = url.scheme == wire::Url::Scheme::kHttps ? 443 : 80;
  if (url.port != usual) made.host += ":" + std::to_string(url.port);
  return made;
}

void WriteRpcHead(const RequestTemplate& to, const Terms& terms, std::size_t bytes,
                  std::string& head) {
  head.assign("POST ").append(to.exact).append(" HTTP/1.1\r\nHost: ").append(to.host);
  head.append("\r\nAccept-Encoding: gzip\r\n");
  AppendHeaders(terms, head);
  head.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n\r\n");
}

void WriteRequestHead(const RequestTemplate& to, const BranchCall& call, std::string& head) {
  const std::string& payload = call.payload();
  head.assign(call.is_post() ? "POST " : "GET ").append(to.target);
  AppendParameters(call, head);
  head.append(" HTTP/1.1\r\nHost: ").append(to.host).append("\r\nAccept-Encoding: gzip\r\n");
  AppendHeaders(*call.terms, head);
  if (call.is_post()) {
    head.append("Content-Length: ").append(std::to_string(payload.size())).append("\r\n");
  }
  head += "\r\n";
}

}  // namespace treaty
