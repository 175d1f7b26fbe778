// Reads the reply to one request from bytes in any pieces. No I/O: whoever has the socket asks
// where the next bytes go, and says how many came or that there are no more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "participant/http/reply_parser.h"

namespace treaty {

// Replies before the final one, to one request; and their bytes together.
inline constexpr int kMostInterimReplies = 10;
inline constexpr std::size_t kMaxInterimBytes = kMaxReplyHeaderBytes;

class ReplyReader {
 public:
  enum class State : std::uint8_t {
    kMore,    // The reply goes on.
    kDone,    // status(), body() and so on may be asked.
    kBroken,  // It is none; why() says why.
  };

  // Of a body at most `limit` bytes are kept; see ReplyBody.
  explicit ReplyReader(std::size_t limit) : limit_(limit) {}

  // Forgets what was read: the next reply begins.
  void Begin();

  // The same until then, when nothing is to be read: what was taken is given back, but for buffers
  // of so many bytes each.
  void Rest();
  static constexpr std::size_t kKeptBuffer = 4 * 1024;

  // Where the next bytes go; empty: there is no memory for them.
  std::span<char> Room();
  State Take(std::size_t bytes);
  // There are no more bytes.
  State End();

  const std::string& why() const { return why_; }
  bool heard() const { return heard_; }  // A byte has come.

  int status() const { return parser_->status(); }
  ReadBody body() const { return parser_->body().body(); }  // Valid until Begin.
  RetryAfter retry_after() const { return parser_->retry_after(); }
  // The reply was read whole, nothing follows it, and the peer expects another request.
  bool keep_alive() const;

 private:
  State Fail(std::string why);
  State Parse(std::size_t bytes);
  void NextParser();
  bool NeedsMore() const;
  bool CompleteStatusLine();
  bool IsInterim() const;
  bool PassOver();

  const std::size_t limit_;
  std::vector<char> in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string kept_;
  std::optional<ReplyParser> parser_;
  std::size_t parsed_ = 0;  // By this parser.
  int interim_ = 0;
  std::size_t interim_bytes_ = 0;
  bool heard_ = false;
  std::string why_;
};

}  // namespace treaty
