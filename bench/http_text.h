// Finds where an HTTP/1.1 message ends; the measuring tools need to know no more than that.

#pragma once

#include <cstddef>
#include <string_view>

namespace treaty::bench {

struct HttpMessage {
  enum class State { kIncomplete, kComplete, kBroken };
  State state = State::kIncomplete;
  std::size_t size = 0;         // Of the whole message, if it is complete.
  std::string_view first_line;  // Without its line break. Both point into the buffer.
  std::string_view body;        // Of a chunked message: with its chunk sizes.
  bool close = false;           // "Connection: close" was said.
};

// Looks at the message that begins at the start of `buffer`.
HttpMessage ParseHttp(std::string_view buffer);

// Returns the status of a reply's first line; 0 if it is none.
int StatusOf(std::string_view first_line);

}  // namespace treaty::bench
