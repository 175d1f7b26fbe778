// The texts are the reference's (protocol §5.3); clients are known to search them for FAILURE.

#include "core/rollback_reason.h"

namespace treaty {
namespace {

constexpr std::string_view kWord = "FAILURE";
constexpr std::string_view kMark = " [truncated]";

// Cuts at a character's boundary, so that valid UTF-8 stays valid.
std::string_view Head(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && continues(size)) --size;
  return text.substr(0, size);
}

}  // namespace

std::string ActionFailedReason(std::string_view url, std::string_view text) {
  std::string reason = "url:" + std::string(url) + " return failed:";
  if (!text.empty()) reason.append(" ").append(text);
  if (!text.ends_with(kWord)) reason.append(" ").append(kWord);
  if (reason.size() <= kMaxReasonSize) return reason;
  const std::size_t kept = kMaxReasonSize - kMark.size() - 1 - kWord.size();
  return std::string(Head(reason, kept)).append(kMark).append(" ").append(kWord);
}

std::string CutReason(std::string_view reason) {
  if (reason.size() <= kMaxReasonSize) return std::string(reason);
  return std::string(Head(reason, kMaxReasonSize - kMark.size())).append(kMark);
}

std::string RetryLimitReason(std::uint32_t limit) {
  return "RetryCount is greater than RetryLimit, RetryLimit: " + std::to_string(limit);
}

std::string TimeoutReason(std::chrono::seconds timeout) {
  return "Timeout after " + std::to_string(timeout.count()) + " seconds";
}

}  // namespace treaty
