#include "core/outcome_text.h"

namespace treaty {
namespace {

std::string_view Word(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFailure:
      return "FAILURE";
    case Outcome::kOngoing:
      return "ongoing";
    case Outcome::kNotSent:
      return "not sent";
    case Outcome::kSuccess:
    case Outcome::kUnknown:
      break;
  }
  return "";
}

// Never within a code point.
void Cut(std::string& text) {
  constexpr std::string_view kMark = "...";
  if (text.size() <= kMaxOutcomeBytes) return;
  std::size_t size = kMaxOutcomeBytes - kMark.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
  text.resize(size);
  text += kMark;
}

}  // namespace

std::string OutcomeText(Outcome outcome, std::string_view account) {
  std::string text(Word(outcome));
  if (outcome == Outcome::kFailure) return text;
  if (!text.empty() && !account.empty()) text += ": ";
  text += account;
  if (text.empty()) text = "no definite answer";
  Cut(text);
  return text;
}

}  // namespace treaty
