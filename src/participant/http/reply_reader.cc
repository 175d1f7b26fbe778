// Guards every precondition of Beast's parser that a peer's bytes could break: its assertions end
// the process.

#include "participant/http/reply_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "base/enough_memory.h"

namespace treaty {
namespace {

namespace http = boost::beast::http;
using Error = boost::system::error_code;

constexpr std::size_t kLargestBuffer = kMaxReplyHeaderBytes + 4 * 1024;
constexpr std::size_t kStatusLine = 12;  // "HTTP/1.1 200"
constexpr std::size_t kLastChunk = 5;    // "0\r\n\r\n"
constexpr int kSwitchingProtocols = 101;

}  // namespace

void ReplyReader::Begin() {
  begin_ = end_ = 0;
  interim_ = 0;
  interim_bytes_ = 0;
  heard_ = false;
  NextParser();
}

void ReplyReader::Rest() {
  begin_ = end_ = 0;
  parser_.reset();
  if (in_.capacity() > kKeptBuffer) std::vector<char>().swap(in_);
  if (kept_.capacity() > kKeptBuffer) std::string().swap(kept_);
}

void ReplyReader::NextParser() {
  parser_.emplace(kept_, limit_);
  parsed_ = 0;
}

std::span<char> ReplyReader::Room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == in_.size() && begin_ > 0) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.end(), in_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == in_.size()) {
    const Status grown = WithinMemory([&]() -> Status {
      in_.resize(std::clamp(2 * in_.size(), kKeptBuffer, kLargestBuffer));
      return {};
    });
    if (!grown.ok()) return {};
  }
  return std::span(in_).subspan(end_);
}

ReplyReader::State ReplyReader::Take(std::size_t bytes) {
  const auto state = WithinMemory([&]() -> Result<State> { return Parse(bytes); });
  return state.ok() ? *state : Fail(kNoMemoryToRead);
}

ReplyReader::State ReplyReader::Parse(std::size_t bytes) {
  heard_ = true;
  end_ += bytes;
  while (begin_ < end_ && !NeedsMore()) {
    Error error;
    const auto taken = parser_->put(boost::asio::buffer(in_.data() + begin_, end_ - begin_), error);
    begin_ += taken;
    parsed_ += taken;
    if (error == http::error::need_more) break;
    if (error == http::error::bad_status && CompleteStatusLine()) continue;
    if (error) return Fail("malformed reply: " + error.message());
    if (parser_->body().enough()) return State::kDone;
    if (!parser_->is_done()) continue;
    if (!IsInterim()) return State::kDone;
    if (!PassOver()) return Fail("malformed reply: too many interim replies");
  }
  if (end_ - begin_ == kLargestBuffer) return Fail("malformed reply: a line without an end");
  return State::kMore;
}

ReplyReader::State ReplyReader::End() {
  if (!heard_) return Fail("closed without a reply");
  if (!parser_->got_some()) return Fail("closed within the reply");
  Error incomplete;
  parser_->put_eof(incomplete);
  if (incomplete || !parser_->is_done() || IsInterim()) return Fail("closed within the reply");
  return State::kDone;
}

ReplyReader::State ReplyReader::Fail(std::string why) {
  why_ = std::move(why);
  return State::kBroken;
}

// The parser expects never to see a part of the last chunk twice. Whatever it waits for in a body
// of chunks, as many bytes are still to come.
bool ReplyReader::NeedsMore() const {
  return parser_->is_header_done() && parser_->chunked() && end_ - begin_ < kLastChunk;
}

// Some servers end the line after the number, where the parser wants a blank: it gets one, and
// begins anew.
bool ReplyReader::CompleteStatusLine() {
  const std::string_view got(in_.data() + begin_, end_ - begin_);
  const bool ends = got.starts_with("HTTP/1.") && got.find('\r') == kStatusLine;
  if (!ends || end_ >= kLargestBuffer) return false;
  if (end_ == in_.size()) in_.push_back('\0');
  const auto blank = in_.begin() + static_cast<std::ptrdiff_t>(begin_ + kStatusLine);
  const auto end = in_.begin() + static_cast<std::ptrdiff_t>(end_++);
  std::copy_backward(blank, end, end + 1);
  *blank = ' ';
  NextParser();
  return true;
}

bool ReplyReader::IsInterim() const {
  return parser_->status() < 200 && parser_->status() != kSwitchingProtocols;
}

bool ReplyReader::PassOver() {
  interim_bytes_ += parsed_;
  if (++interim_ > kMostInterimReplies || interim_bytes_ > kMaxInterimBytes) return false;
  NextParser();
  return true;
}

bool ReplyReader::keep_alive() const {
  return parser_->is_done() && parser_->keep_alive() && !parser_->body().enough() &&
         begin_ == end_ && status() != kSwitchingProtocols;
}

}  // namespace treaty
