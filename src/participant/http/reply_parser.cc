// Beast's parser does the syntax; no message object is filled.

#include "participant/http/reply_parser.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace treaty {
namespace {

using boost::beast::iequals;

constexpr std::string_view kChunked = "chunked";

void AppendToList(std::string_view value, std::string& list) {
  if (!list.empty()) list += ',';
  list += value;
}

// Takes the last one, which the parser undoes, off the list.
void DropChunked(std::string& codings) {
  const std::size_t end = codings.find_last_not_of(" \t,") + 1;
  if (end < kChunked.size()) return;
  const std::size_t at = end - kChunked.size();
  if (iequals(std::string_view(codings).substr(at, kChunked.size()), kChunked)) codings.resize(at);
}

// Encodings in which no word would be found.
bool IsWide(std::string_view content_type) {
  for (const std::string_view name : {"utf-16", "utf-32", "ucs-2"}) {
    for (std::size_t i = 0; i + name.size() <= content_type.size(); ++i) {
      if (iequals(content_type.substr(i, name.size()), name)) return true;
    }
  }
  return false;
}

bool IsTooBusy(int status) { return status == 429 || status == 503; }

}  // namespace

ReplyParser::ReplyParser(std::string& kept, std::size_t limit) : body_(kept, limit) {
  eager(true);
  header_limit(kMaxReplyHeaderBytes);
  body_limit(boost::none);  // Ours cuts instead of failing.
}

void ReplyParser::on_request_impl(Verb, Text, Text, int, Error&) {}

void ReplyParser::on_response_impl(int code, Text, int, Error& error) {
  status_ = code;
  if (code < 100) error = boost::beast::http::error::bad_status;
}

// Trailers come here too: they say nothing that counts.
void ReplyParser::on_field_impl(Field field, Text, Text value, Error&) {
  if (head_done_) return;
  switch (field) {
    case Field::content_encoding:
      return AppendToList(value, content_codings_);
    case Field::transfer_encoding:
      return AppendToList(value, transfer_codings_);
    case Field::content_type:
      if (IsWide(value)) body_.SetWide();
      return;
    case Field::retry_after:
      if (IsTooBusy(status_)) retry_after_ = value;
      return;
    case Field::date:
      if (IsTooBusy(status_)) date_ = value;
      return;
    default:
      return;
  }
}

// Codings of the transfer were applied after those of the content.
void ReplyParser::on_header_impl(Error&) {
  head_done_ = true;
  body_.Unpack(content_codings_);
  if (chunked()) DropChunked(transfer_codings_);
  body_.Unpack(transfer_codings_);
}

void ReplyParser::on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) {}

std::size_t ReplyParser::on_body_impl(Text piece, Error&) {
  body_.Add(piece);
  return piece.size();
}

void ReplyParser::on_chunk_header_impl(std::uint64_t, Text, Error&) {}

std::size_t ReplyParser::on_chunk_body_impl(std::uint64_t, Text piece, Error& error) {
  return on_body_impl(piece, error);
}

void ReplyParser::on_finish_impl(Error&) { body_.End(); }

}  // namespace treaty
