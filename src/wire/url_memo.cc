// A direct-mapped table per thread, bounded by its size and by the length of the texts.

#include "wire/url_memo.h"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace treaty::wire {
namespace {

constexpr std::size_t kSlots = 256;
constexpr std::size_t kLongestKept = 256;

struct Slot {
  std::string text;  // Empty: unused; an empty text is no URL.
  Url url;
};

}  // namespace

Result<const Url*> ParseTargetUrl(std::string_view text) {
  thread_local const auto slots = std::make_unique<std::array<Slot, kSlots>>();
  thread_local Url unkept;
  Slot& slot = (*slots)[std::hash<std::string_view>()(text) % kSlots];
  if (!text.empty() && slot.text == text) return &slot.url;
  auto parsed = ParseUrl(text, "grpc");
  if (!parsed.ok()) return parsed.status();
  if (text.size() > kLongestKept) {
    unkept = *std::move(parsed);
    return &unkept;
  }
  slot.text = text;
  slot.url = *std::move(parsed);
  return &slot.url;
}

}  // namespace treaty::wire
