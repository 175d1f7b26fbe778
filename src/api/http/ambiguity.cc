#include "api/http/ambiguity.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <iterator>

namespace treaty::api {
namespace {

namespace http = boost::beast::http;

bool HasOnlyChunked(const http::fields& fields) {
  const auto range = fields.equal_range(http::field::transfer_encoding);
  if (range.first == range.second) return true;
  return std::next(range.first) == range.second &&
         boost::beast::iequals(range.first->value(), "chunked");
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether it is no text at all, like the greeting of TLS.
bool IsBinary(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\r' && c != '\n';
  });
}

}  // namespace

std::string_view FindAmbiguity(const http::request_header<>& header) {
  if (!HasOnlyChunked(header)) return "the only known Transfer-Encoding is \"chunked\"";
  const bool coded = header.count(http::field::transfer_encoding) > 0;
  const bool sized = header.count(http::field::content_length) > 0;
  if (coded && sized) {
    return "send either Content-Length or Transfer-Encoding, not both";
  }
  if (coded && header.version() < 11) return "HTTP/1.0 knows no Transfer-Encoding";
  if (header.count(http::field::content_length) > 1 ||
      (sized && !IsNumber(header[http::field::content_length]))) {
    return "send one Content-Length, a plain number";
  }
  if (header.count(http::field::host) > 1) return "send one Host";
  if (header.version() >= 11 && header.count(http::field::host) == 0) return "send a Host header";
  return {};
}

bool HasBareLineFeed(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return !IsBinary(text.substr(0, at));
    if (text.substr(at + 1).starts_with("\r\n")) break;
  }
  return false;
}

}  // namespace treaty::api
