// URLs of branches: one parser for the door and for the dialler.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treaty::wire {

struct Url {
  enum class Scheme : std::uint8_t { kHttp, kHttps, kGrpc, kGrpcs };
  Scheme scheme = Scheme::kHttp;
  std::string host;  // Lower case; an IPv6 literal without brackets.
  std::uint16_t port = 0;
  std::string target;  // Path and query as sent ("/" when empty); gRPC: "/package.Service/Method".
  bool host_is_address = false;  // An IPv4 or IPv6 literal in its one canonical spelling.
};

inline constexpr std::size_t kMaxUrlBytes = 1'024;

// Parses http://, https://, grpc:// and grpcs:// (TLS) and, where the transaction's protocol is not
// http, the gRPC target host:port/package.Service/Method, for which grpc:// may be left out.
// Refuses with kInvalidArgument and what to change: other schemes, user-info, fragments, control
// characters and blanks, over-long text, odd spellings of addresses (octal, hexadecimal, short,
// one number), port 0, and the reserved query names gid, trans_type, branch_id, op, dtm and
// phase2_url in any percent-encoding.
Result<Url> ParseUrl(std::string_view text, std::string_view protocol);

// Whether a URL that has been parsed before is called by HTTP; the others are called by gRPC.
bool IsHttpUrl(std::string_view text);

// A URL as it may be shown to people: without its query, which may hold a token.
std::string_view WithoutQuery(std::string_view url);

// The URL's first query parameter of that name, decoded as forms are; empty: there is none.
std::string FirstParameter(const Url& url, std::string_view name);

}  // namespace treaty::wire
