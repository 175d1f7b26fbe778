// How a fuzz input is cut into what one write sends: its first byte says how.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace treaty::fuzz {

class Pieces {
 public:
  Pieces(const std::uint8_t* data, std::size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {
    if (size == 0) return;
    const std::uint8_t first = *data;
    left_.remove_prefix(1);
    ends_by_reset_ = (first & 0x80) != 0;
    const std::size_t step = first & 0x7f;
    waits_ = step == kWaits;
    step_ = step == 0 ? size : std::max(step, size / kMostPieces);
  }

  bool ends_by_reset() const { return ends_by_reset_; }
  // Sends no more, and does not end the connection either.
  bool waits() const { return waits_; }
  bool empty() const { return left_.empty(); }

  std::string_view Take() {
    const std::string_view piece = left_.substr(0, step_);
    left_.remove_prefix(piece.size());
    return piece;
  }

 private:
  static constexpr std::size_t kWaits = 0x7f;
  // A long input byte by byte would take all the time that there is.
  static constexpr std::size_t kMostPieces = 512;

  std::string_view left_;
  std::size_t step_ = 1;
  bool ends_by_reset_ = false;
  bool waits_ = false;
};

}  // namespace treaty::fuzz
