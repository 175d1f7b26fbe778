// The one table of configuration keys: parsing, flags, environment names, --help, the files that
// document them, and where each value lands all follow from its rows (keys/).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"

namespace treaty::daemon {

struct Config;

enum class Standing : std::uint8_t {
  kDtm,      // A key of DTM's, with a meaning here.
  kOwn,      // A key of Treaty's own; its environment name starts with TREATY_.
  kIgnored,  // A key of DTM's without meaning here; accepted with a warning.
};

enum class Type : std::uint8_t {
  kFlag,
  kPort,
  kCount,
  kBytes,
  kBytesPerSecond,
  kSeconds,
  kText,
  kList,       // Texts with commas between; in YAML also a sequence.
  kChoice,     // One of a few words.
  kSecret,     // Nobody's business.
  kSecretUrl,  // Only what names the other side is anybody's business.
};

// Where a value lands. The functions are told only what the key allows.
using PutFlag = void (*)(Config&, bool);
using PutPort = void (*)(Config&, std::uint16_t);
using PutSize = void (*)(Config&, std::size_t);
using PutDuration = void (*)(Config&, Duration);
using PutText = void (*)(Config&, const std::string&);
using Put = std::variant<std::monostate, PutFlag, PutPort, PutSize, PutDuration, PutText>;

struct Key {
  Standing standing = Standing::kIgnored;
  std::string_view name;
  Type type = Type::kText;
  std::string fallback;  // The default, as one would write it.
  std::int64_t min = 0;  // Of whole numbers.
  std::int64_t max = 0;
  std::vector<std::string> choices;  // Of kChoice.
  std::string meaning;               // Of an ignored key: why.
  Put put;
};

// Keys that are listed together.
struct Section {
  std::string_view title;
  std::vector<Key> keys;
};

std::span<const Section> Sections();

// The keys of all sections, in their order.
std::span<const Key> Keys();

// Returns the key of exactly that name, or null.
const Key* FindKey(std::string_view name);

// Returns the key whose name is nearest to an unknown one, or null if none is near.
const Key* NearestKey(std::string_view name);

// Cuts at the point: what a file has as a level of its own ("Store"; empty: none), and the rest.
struct NameParts {
  std::string_view group;
  std::string_view name;
};
NameParts SplitName(std::string_view name);

// "HttpPort" → "HTTP_PORT"; Treaty's own get the prefix TREATY_.
std::string EnvironmentName(const Key& key);

// "Store.Path" → "--store-path".
std::string FlagName(const Key& key);

// What is allowed: "a whole number from 1 to 3600 (seconds)".
std::string Allowed(const Key& key);

// "seconds"; empty: none.
std::string_view UnitOf(Type type);

// Whether the values are whole numbers.
bool IsNumber(Type type);

// Returns `text` in the one form of its value ("TRUE" is "true"), or nothing where
// the key does not allow it.
std::optional<std::string> Canonical(const Key& key, const std::string& text);

// Puts a value in its canonical form where the key says that it lands.
void PutValue(const Key& key, const std::string& value, Config& config);

// Whether the key does something in this version.
inline bool IsHeeded(const Key& key) {
  return key.standing == Standing::kDtm || key.standing == Standing::kOwn;
}

}  // namespace treaty::daemon
