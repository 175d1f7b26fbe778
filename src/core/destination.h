// Who is called by a URL, in one spelling.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/txn.h"

namespace treaty {

// Host and port: "bank.example:8080". However a URL says it, it is the same text: letters in lower
// case, no user, no dot at the end of a name, one spelling of an address, the scheme's port where
// none is said. The scheme itself is no part of it, so all of a server's schemes are one.
class DestinationName {
 public:
  // Of anything: what is no URL makes some text. An empty URL makes an empty one.
  explicit DestinationName(std::string_view url);

  std::string_view text() const { return {text_.data(), size_}; }

 private:
  void Put(char c);
  void PutHost(std::string_view host);
  void PutAddress(std::string_view host);
  void PutPort(std::string_view port, std::string_view scheme);

  static constexpr std::size_t kMost = 272;  // A name has 253; the rest of a longer one is dropped.
  std::array<char, kMost> text_;
  std::size_t size_ = 0;
};

// The URL that is called first, as far as that is known from the beginning; else the one that is
// asked, or none. A part of `body`.
std::string_view FirstUrlOf(const Body& body);

}  // namespace treaty
