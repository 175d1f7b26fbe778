// Reads the head and the body of one HTTP reply from pieces of bytes, keeping only what the result
// needs.

#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "participant/http/reply_body.h"
#include "participant/retry_after.h"

namespace treaty {

inline constexpr std::uint32_t kMaxReplyHeaderBytes = 16 * 1024;

class ReplyParser final : public boost::beast::http::basic_parser<false> {
 public:
  // See ReplyBody.
  ReplyParser(std::string& kept, std::size_t limit);
  ~ReplyParser() override = default;

  int status() const { return status_; }
  const ReplyBody& body() const { return body_; }

  // Of a reply that is too busy (429, 503).
  RetryAfter retry_after() const { return {retry_after_, date_}; }

 private:
  using Error = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  void on_request_impl(Verb method, Text name, Text target, int version, Error& error) override;
  void on_response_impl(int code, Text reason, int version, Error& error) override;
  void on_field_impl(Field field, Text name, Text value, Error& error) override;
  void on_header_impl(Error& error) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, Error& error) override;
  std::size_t on_body_impl(Text piece, Error& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t left, Text piece, Error& error) override;
  void on_finish_impl(Error& error) override;

  ReplyBody body_;
  int status_ = 0;
  bool head_done_ = false;
  // Lists of codings, in the order of the header lines.
  std::string content_codings_;
  std::string transfer_codings_;
  std::string retry_after_;
  std::string date_;
};

}  // namespace treaty
