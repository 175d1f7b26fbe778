// The rows put together, and what follows from each.

#include "daemon/config_keys.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>

#include "base/check.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon {
namespace {

bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }

// Splits at points and before capitals; a run of capitals is one word ("RotationConfigJSON").
std::string Words(std::string_view name, char separator, int (*convert)(int)) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '.') {
      out += separator;
      continue;
    }
    const bool starts = i > 0 && name[i - 1] != '.' && IsUpper(c) &&
                        (!IsUpper(name[i - 1]) || (i + 1 < name.size() && !IsUpper(name[i + 1])));
    if (starts) out += separator;
    out += static_cast<char>(convert(static_cast<unsigned char>(c)));
  }
  return out;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> CanonicalFlag(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true" || lower == "1") return "true";
  if (lower == "false" || lower == "0") return "false";
  return std::nullopt;
}

// Reads a canonical value as the function wants it that puts it into place.
struct Putting {
  const std::string& value;
  Config& config;

  std::int64_t number() const {
    const std::optional<std::int64_t> parsed = ParseInteger(value);
    TREATY_CHECK(parsed.has_value());
    return *parsed;
  }

  void operator()(std::monostate) const {}
  void operator()(PutFlag put) const { put(config, value == "true"); }
  void operator()(PutPort put) const { put(config, static_cast<std::uint16_t>(number())); }
  void operator()(PutSize put) const { put(config, static_cast<std::size_t>(number())); }
  void operator()(PutDuration put) const { put(config, std::chrono::seconds(number())); }
  void operator()(PutText put) const { put(config, value); }
};

}  // namespace

std::span<const Section> Sections() {
  static const std::array sections = {keys::Listening(),  keys::Store(),         keys::Retries(),
                                      keys::Alerts(),     keys::Participants(),  keys::HttpServer(),
                                      keys::GrpcServer(), keys::Transactions(),  keys::Calls(),
                                      keys::Logging(),    keys::WithoutMeaning()};
  return sections;
}

std::span<const Key> Keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> out;
    for (const Section& section : Sections()) {
      out.insert(out.end(), section.keys.begin(), section.keys.end());
    }
    return out;
  }();
  return all;
}

const Key* FindKey(std::string_view name) {
  const std::span<const Key> all = Keys();
  const auto found = std::ranges::find(all, name, &Key::name);
  return found == all.end() ? nullptr : &*found;
}

const Key* NearestKey(std::string_view name) {
  constexpr std::size_t kNear = 3;
  constexpr std::size_t kLongestName = 64;
  if (name.size() > kLongestName) return nullptr;
  const Key* nearest = nullptr;
  std::size_t least = kNear + 1;
  for (const Key& key : Keys()) {
    const std::size_t distance = EditDistance(name, key.name);
    if (distance >= least) continue;
    least = distance;
    nearest = &key;
  }
  return nearest;
}

NameParts SplitName(std::string_view name) {
  const std::size_t point = name.find('.');
  if (point == std::string_view::npos) return {"", name};
  return {name.substr(0, point), name.substr(point + 1)};
}

std::string EnvironmentName(const Key& key) {
  const std::string name = Words(key.name, '_', std::toupper);
  return key.standing == Standing::kOwn ? "TREATY_" + name : name;
}

std::string FlagName(const Key& key) { return "--" + Words(key.name, '-', std::tolower); }

std::string Allowed(const Key& key) {
  if (key.type == Type::kFlag) return "true or false";
  if (key.type == Type::kList) return "texts, separated by commas";
  if (IsNumber(key.type)) {
    std::string out =
        "a whole number from " + std::to_string(key.min) + " to " + std::to_string(key.max);
    const std::string unit(UnitOf(key.type));
    return unit.empty() ? out : out + " (" + unit + ")";
  }
  if (key.type != Type::kChoice) return "any text";
  std::string out;
  for (const std::string& choice : key.choices) out += (out.empty() ? "" : ", ") + choice;
  return "one of: " + out;
}

std::string_view UnitOf(Type type) {
  if (type == Type::kBytes) return "bytes";
  if (type == Type::kBytesPerSecond) return "bytes per second";
  return type == Type::kSeconds ? "seconds" : "";
}

bool IsNumber(Type type) {
  return type == Type::kPort || type == Type::kCount || !UnitOf(type).empty();
}

std::optional<std::string> Canonical(const Key& key, const std::string& text) {
  if (key.type == Type::kFlag) return CanonicalFlag(text);
  if (IsNumber(key.type)) {
    const std::optional<std::int64_t> value = ParseInteger(text);
    if (!value || *value < key.min || *value > key.max) return std::nullopt;
    return std::to_string(*value);
  }
  const bool is_none =
      key.type == Type::kChoice && std::ranges::find(key.choices, text) == key.choices.end();
  return is_none ? std::nullopt : std::optional(text);
}

void PutValue(const Key& key, const std::string& value, Config& config) {
  std::visit(Putting{value, config}, key.put);
}

}  // namespace treaty::daemon
