// Reads one HTTP reply from pieces of bytes, keeping only what the result needs.

#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace treaty {

inline constexpr std::uint32_t kMaxReplyHeaderBytes = 16 * 1024;

// Whether `reply` begins with a status line that ends after its number, as some servers write it.
// The parser wants a blank there.
bool EndsAfterStatus(std::string_view reply);
inline constexpr std::size_t kStatusLineSize = 12;  // "HTTP/1.1 200"

class ReplyParser final : public boost::beast::http::basic_parser<false> {
 public:
  // The body goes into `body`, which is emptied first; at most `limit` bytes of it are kept.
  ReplyParser(std::string& body, std::size_t limit);
  ~ReplyParser() override = default;

  int status() const { return status_; }
  bool gzip() const { return gzip_; }
  bool cut() const { return cut_; }  // The body is longer than the limit: no need to read on.

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

  std::string& body_;
  std::size_t limit_;
  int status_ = 0;
  bool gzip_ = false;
  bool cut_ = false;
};

}  // namespace treaty
