// Whatever cannot be read is said to be so: an answer that nobody understands is none.

#include "participant/http/reply_body.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace treaty {
namespace {

using boost::beast::iequals;

constexpr std::string_view kPacked = "packed in a way that cannot be undone";
constexpr std::string_view kDamaged = "damaged, or too costly to unpack";
constexpr std::string_view kWide = "in an encoding that cannot be read";
constexpr std::string_view kEndless = "too long to be searched for its dtm_result";

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether the first letters are those of UTF-16 or UTF-32, in which no word would be found.
bool LooksWide(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return true;
  if (text.size() < 4) return false;
  const auto is_letter = [](char c) { return c >= ' ' && c <= '~'; };
  const bool big = text[0] == 0 && text[2] == 0 && is_letter(text[3]);
  const bool little = is_letter(text[0]) && text[1] == 0 && text[3] == 0;
  return big || little;
}

std::optional<Coding> CodingOf(std::string_view name) {
  if (iequals(name, "gzip") || iequals(name, "x-gzip")) return Coding::kGzip;
  if (iequals(name, "deflate")) return Coding::kDeflate;
  return std::nullopt;
}

}  // namespace

ReplyBody::ReplyBody(std::string& kept, std::size_t limit) : kept_(kept), limit_(limit) {
  kept_.clear();
}

void ReplyBody::Unpack(std::string_view codings) {
  while (!codings.empty()) {
    const std::size_t comma = std::min(codings.find(','), codings.size());
    const std::string_view name = Trimmed(codings.substr(0, comma));
    codings.remove_prefix(std::min(comma + 1, codings.size()));
    if (name.empty() || iequals(name, "identity")) continue;
    const auto coding = CodingOf(name);
    if (!coding || stages_.size() == kMostCodings) {
      unknown_ = kPacked;
    } else {
      stages_.push_back(std::make_unique<Unpacker>(*coding));
    }
  }
}

void ReplyBody::SetWide() { unknown_ = kWide; }

void ReplyBody::Add(std::string_view sent) {
  if (enough_ || sent.empty()) return;
  if (!unknown_.empty()) return Stop(unknown_);
  if (!Feed(stages_.size(), sent) && !enough_) Stop(kDamaged);
}

void ReplyBody::End() {
  const bool whole = std::ranges::all_of(stages_, [](const auto& s) { return s->IsWhole(); });
  if (!enough_ && !whole) Stop(kDamaged);
}

// The coding that was applied last is undone first.
bool ReplyBody::Feed(std::size_t stage, std::string_view piece) {
  if (stage == 0) return Keep(piece);
  return stages_[stage - 1]->Add(
      piece, work_, [this, stage](std::string_view unpacked) { return Feed(stage - 1, unpacked); });
}

// A long text has its words at the beginning or not at all; an object has its field anywhere.
bool ReplyBody::Keep(std::string_view piece) {
  const std::size_t kept = std::min(piece.size(), limit_ - kept_.size());
  kept_.append(piece.substr(0, kept));
  if (kept == piece.size()) return true;
  if (!std::exchange(cut_, true)) {
    enough_ = !ResultField::BeginsObject(kept_);
    if (enough_) return false;
    field_.emplace();
    field_->Add(kept_);
  }
  return Search(piece.substr(kept));
}

bool ReplyBody::Search(std::string_view rest) {
  field_->Add(rest);
  searched_ += rest.size();
  enough_ = field_->over();
  if (!enough_ && searched_ > kMaxSearchedBytes) Stop(kEndless);
  return !enough_;
}

void ReplyBody::Stop(std::string_view trouble) {
  trouble_ = trouble;
  enough_ = true;
}

ReadBody ReplyBody::body() const {
  if (!trouble_.empty()) return {.trouble = trouble_};
  if (LooksWide(kept_)) return {.trouble = kWide};
  ReadBody body{.text = kept_, .cut = cut_};
  if (field_ && field_->over()) body.result = field_->value();
  return body;
}

}  // namespace treaty
