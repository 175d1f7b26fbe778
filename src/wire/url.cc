// Boost.URL splits the text; the checks here refuse what two parsers could read differently.

#include "wire/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <optional>
#include <utility>

namespace treaty::wire {
namespace {

using boost::urls::url_view;

constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;

Status Invalid(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string LowerText(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

bool StartsWith(std::string_view text, std::string_view lower_prefix) {
  return LowerText(text.substr(0, lower_prefix.size())) == lower_prefix;
}

std::optional<Url::Scheme> SchemeOf(std::string_view text) {
  using Scheme = Url::Scheme;
  if (StartsWith(text, "http://")) return Scheme::kHttp;
  if (StartsWith(text, "https://")) return Scheme::kHttps;
  if (StartsWith(text, "grpc://")) return Scheme::kGrpc;
  if (StartsWith(text, "grpcs://")) return Scheme::kGrpcs;
  return std::nullopt;
}

bool IsGrpc(Url::Scheme scheme) {
  return scheme == Url::Scheme::kGrpc || scheme == Url::Scheme::kGrpcs;
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// Frameworks differ in whether names of parameters are case-sensitive; none may be fooled.
bool IsReserved(std::string_view encoded_name) {
  constexpr std::array<std::string_view, 6> kReserved = {"gid", "trans_type", "branch_id",
                                                         "op",  "dtm",        "phase2_url"};
  const std::string name = LowerText(Decoded(encoded_name));
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

// Some frameworks separate parameters by ';' too.
Status CheckQuery(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view parameter = query.substr(0, end);
    const std::string_view name = parameter.substr(0, parameter.find('='));
    if (IsReserved(name)) {
      return Invalid("the URL's query must not contain the reserved name '" + Decoded(name) + "'");
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

Status CheckCharacters(std::string_view text) {
  if (text.empty()) return Invalid("the URL is empty");
  if (text.size() > kMaxUrlBytes) {
    return Invalid("the URL is longer than " + std::to_string(kMaxUrlBytes) + " bytes");
  }
  const bool odd = std::any_of(text.begin(), text.end(),
                               [](char c) { return c <= ' ' || c > '~' || c == '\\'; });
  if (odd) {
    return Invalid(
        "the URL contains a blank, backslash, control or non-ASCII character; "
        "percent-encode it");
  }
  return {};
}

// Whether some resolver would take the name for a number: its last label starts with a digit
// and holds digits only, or is hexadecimal.
bool EndsInNumber(std::string_view host) {
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.empty()) return false;
  if (std::all_of(last.begin(), last.end(), IsDigit)) return true;
  return last.size() >= 2 && last[0] == '0' && last[1] == 'x' &&
         std::all_of(last.begin() + 2, last.end(), [](char c) { return HexValue(c) >= 0; });
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
         });
}

// `host` is lower case; one dot at its end marks a complete name.
bool IsName(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kLongestHost) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    if (!IsLabel(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

Status SetIpv6(std::string_view text, Url& url) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, canonical.data(), canonical.size()) == nullptr) {
    return Invalid("the URL's IPv6 address is malformed");
  }
  url.host = canonical.data();
  url.host_is_address = true;
  return {};
}

Status SetNameOrIpv4(std::string_view text, Url& url) {
  url.host = LowerText(text);
  const std::string_view bare = url.host.ends_with('.')
                                    ? std::string_view(url.host).substr(0, url.host.size() - 1)
                                    : std::string_view(url.host);
  if (EndsInNumber(bare)) {
    in_addr address{};
    // inet_pton takes only four decimal numbers, but with leading zeros in some libraries.
    std::array<char, INET_ADDRSTRLEN> canonical{};
    if (inet_pton(AF_INET, url.host.c_str(), &address) != 1 ||
        inet_ntop(AF_INET, &address, canonical.data(), canonical.size()) == nullptr ||
        url.host != canonical.data()) {
      return Invalid("write the URL's address as four decimal numbers, like 10.1.2.3");
    }
    url.host_is_address = true;
    return {};
  }
  if (!IsName(url.host)) return Invalid("the URL's host is not a valid name or address");
  return {};
}

Status SetHost(std::string_view encoded_host, Url& url) {
  if (encoded_host.empty()) return Invalid("the URL has no host");
  if (encoded_host.front() == '[') {
    return SetIpv6(encoded_host.substr(1, encoded_host.size() - 2), url);
  }
  return SetNameOrIpv4(encoded_host, url);
}

Status SetPort(const url_view& parsed, Url& url) {
  if (!parsed.has_port()) {
    if (IsGrpc(url.scheme)) return Invalid("the gRPC target has no port");
    url.port = url.scheme == Url::Scheme::kHttps ? 443 : 80;
    return {};
  }
  const std::string_view text(parsed.port().data(), parsed.port().size());
  unsigned value = 0;
  for (const char c : text) value = std::min(value * 10 + static_cast<unsigned>(c - '0'), 65'536U);
  if (text.empty() || value == 0 || value > 65'535) {
    return Invalid("the URL's port must be 1 to 65535");
  }
  url.port = static_cast<std::uint16_t>(value);
  return {};
}

Status SetTarget(const url_view& parsed, Url& url) {
  const auto path = parsed.encoded_path();
  const auto query = parsed.encoded_query();
  url.target.assign(path.data(), path.size());
  if (url.target.empty()) url.target = "/";
  if (!parsed.has_query()) return {};
  url.target += '?';
  url.target.append(query.data(), query.size());
  return CheckQuery({query.data(), query.size()});
}

// "/package.Service/Method"
Status CheckMethod(const Url& url) {
  const std::string_view target = url.target;
  const std::size_t slash = target.find('/', 1);
  const bool good = slash != std::string_view::npos && slash > 1 && slash + 1 < target.size() &&
                    target.find_first_of("/?%", slash + 1) == std::string_view::npos &&
                    target.find_first_of("?%") == std::string_view::npos;
  if (!good) return Invalid("a gRPC target has the form host:port/package.Service/Method");
  return {};
}

Status Fill(const url_view& parsed, Url& url) {
  if (parsed.has_userinfo()) return Invalid("the URL must not contain a user or password");
  if (parsed.has_fragment()) return Invalid("the URL must not contain a fragment ('#')");
  const auto host = parsed.encoded_host();
  if (Status status = SetHost({host.data(), host.size()}, url); !status.ok()) return status;
  if (Status status = SetPort(parsed, url); !status.ok()) return status;
  if (Status status = SetTarget(parsed, url); !status.ok()) return status;
  return IsGrpc(url.scheme) ? CheckMethod(url) : Status{};
}

std::string Escape(char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  return {'%', kHex[byte >> 4U], kHex[byte & 15U]};
}

// What follows the authority.
std::string_view PathAndQuery(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  return text.substr(std::min(text.find_first_of("/?#", authority), text.size()));
}

// RFC 3986 has no place for these but in an escape. Brackets may stand in an authority.
bool IsBare(std::string_view rest) {
  constexpr std::string_view kNever = "\"<>[]^`{|}";
  if (rest.front() != '%') return kNever.find(rest.front()) != std::string_view::npos;
  return rest.size() < 3 || HexValue(rest[1]) < 0 || HexValue(rest[2]) < 0;
}

// Says what to change, where a character that stands as it is makes `text` no URL.
Status Malformed(std::string_view text) {
  const std::string whole = "the URL is malformed";
  for (std::string_view rest = PathAndQuery(text); !rest.empty(); rest.remove_prefix(1)) {
    if (!IsBare(rest)) continue;
    return Invalid(whole + ": it contains a bare '" + rest.front() + "'; percent-encode it as " +
                   Escape(rest.front()));
  }
  return Invalid(whole);
}

// Boost.URL 1.81 lets an authority end in its middle ("127.0.0.1.evil" or "bank:8x") and takes
// the rest for the path.
bool AuthorityIsWhole(std::string_view text, const url_view& parsed) {
  const std::string_view rest = text.substr(text.find("//") + 2);
  const auto authority = parsed.encoded_authority();
  return rest.substr(0, rest.find_first_of("/?#")) ==
         std::string_view(authority.data(), authority.size());
}

}  // namespace

bool IsHttpUrl(std::string_view text) {
  const auto scheme = SchemeOf(text);
  return scheme && !IsGrpc(*scheme);
}

Result<Url> ParseUrl(std::string_view text, std::string_view protocol) {
  if (Status status = CheckCharacters(text); !status.ok()) return status;
  Url url;
  const auto scheme = SchemeOf(text);
  if (!scheme && (protocol == "http" || text.find("://") != std::string_view::npos)) {
    return Invalid(
        "the URL must start with http://, https://, grpc:// or grpcs://; the form "
        "host:port/package.Service/Method needs \"protocol\":\"grpc\"");
  }
  url.scheme = scheme.value_or(Url::Scheme::kGrpc);
  // A bare gRPC target is an authority and a path, which is what follows the scheme elsewhere.
  const std::string whole = scheme ? std::string(text) : "grpc://" + std::string(text);
  const auto parsed = boost::urls::parse_uri(whole);
  if (!parsed || !AuthorityIsWhole(whole, *parsed)) return Malformed(whole);
  if (Status status = Fill(*parsed, url); !status.ok()) return status;
  return url;
}

std::string_view WithoutQuery(std::string_view url) { return url.substr(0, url.find('?')); }

std::string FirstParameter(const Url& url, std::string_view name) {
  const std::size_t question = url.target.find('?');
  std::string query = question == std::string::npos ? "" : url.target.substr(question + 1);
  std::replace(query.begin(), query.end(), '+', ' ');
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (Decoded(parameter.substr(0, equals)) == name) {
      return Decoded(parameter.substr(std::min(equals + 1, parameter.size())));
    }
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
  }
  return {};
}

}  // namespace treaty::wire
