// Beast's parser does the syntax; no message object is filled.

#include "participant/http/reply_parser.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace treaty {

bool EndsAfterStatus(std::string_view reply) {
  return reply.starts_with("HTTP/1.") && reply.find('\r') == kStatusLineSize;
}

ReplyParser::ReplyParser(std::string& body, std::size_t limit) : body_(body), limit_(limit) {
  body_.clear();
  eager(true);
  header_limit(kMaxReplyHeaderBytes);
  body_limit(boost::none);  // Ours cuts instead of failing.
}

void ReplyParser::on_request_impl(Verb, Text, Text, int, Error&) {}

void ReplyParser::on_response_impl(int code, Text, int, Error&) { status_ = code; }

void ReplyParser::on_field_impl(Field field, Text, Text value, Error&) {
  if (field != Field::content_encoding) return;
  gzip_ = boost::beast::iequals(value, "gzip") || boost::beast::iequals(value, "x-gzip");
}

void ReplyParser::on_header_impl(Error&) {}

void ReplyParser::on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) {}

std::size_t ReplyParser::on_body_impl(Text piece, Error&) {
  const std::size_t kept = std::min(piece.size(), limit_ - body_.size());
  body_.append(piece.data(), kept);
  if (kept < piece.size()) cut_ = true;
  return piece.size();
}

void ReplyParser::on_chunk_header_impl(std::uint64_t, Text, Error&) {}

std::size_t ReplyParser::on_chunk_body_impl(std::uint64_t, Text piece, Error& error) {
  return on_body_impl(piece, error);
}

void ReplyParser::on_finish_impl(Error&) {}

}  // namespace treaty
