// What ids, names and models may look like, for every request.

#include <algorithm>
#include <string>

#include "wire/json_reader.h"
#include "wire/request_parts.h"
#include "wire/txn_request.h"

namespace treaty::wire {

std::optional<Model> ParseModel(std::string_view type) {
  for (const Model model :
       {Model::kSaga, Model::kTcc, Model::kXa, Model::kMessage, Model::kWorkflow}) {
    if (type == Name(model)) return model;
  }
  return std::nullopt;
}

namespace {

constexpr std::size_t kMaxId = 128;

bool IsGidCharacter(unsigned char c, bool utf8) {
  if (utf8) return c >= 0x20 && c != 0x7f;
  return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '`' && c != '\\' && c != ';';
}

}  // namespace

Status CheckCharacters(std::string_view id, std::string_view key, bool utf8) {
  for (const char c : id) {
    if (IsGidCharacter(static_cast<unsigned char>(c), utf8)) continue;
    return Invalid(std::string(key) + " " + Quoted(id) +
                   " has characters that are not allowed; use printable ASCII without blanks, "
                   "quotes, backslashes and semicolons");
  }
  if (!utf8 || simdjson::validate_utf8(id.data(), id.size())) return {};
  return Invalid(std::string(key) + " is not valid UTF-8");
}

Status CheckGid(std::string_view gid, const RequestRules& rules) {
  if (gid.empty()) return Invalid("gid is missing; newGid makes one");
  if (gid.size() > kMaxId) return Invalid("gid is too long; at most 128 characters");
  return CheckCharacters(gid, "gid", rules.gid_charset_utf8);
}

Status CheckBranchId(std::string_view id, const RequestRules& rules) {
  if (id.empty()) return Invalid("branch_id is missing; number branches 01, 02, ...");
  if (id.size() > kMaxId) return Invalid("branch_id is too long; at most 128 characters");
  return CheckCharacters(id, "branch_id", rules.gid_charset_utf8);
}

Status CheckIdOf(Model model, std::string_view id, std::string_view key) {
  return model == Model::kXa ? CheckCharacters(id, key, false) : Status();
}

Status CheckOpName(std::string_view name, std::string_view key, std::size_t most) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (!name.empty() && name.size() <= most && std::ranges::none_of(name, is_control)) return {};
  return Invalid(std::string(key) + " " + Quoted(name) + " must have 1 to " + std::to_string(most) +
                 " characters, none of them a control character");
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::string quoted = "'";
  for (const char c : text.substr(0, kMost)) quoted += c >= ' ' && c < 0x7f ? c : '?';
  if (text.size() > kMost) quoted += "...";
  return quoted += '\'';
}

}  // namespace treaty::wire
