// The one table of configuration keys: parsing, flags, environment names, --help and the check
// of conf/treaty.yaml all follow from it.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/config.h"

namespace treaty::daemon {

enum class Standing : std::uint8_t {
  kDtm,      // A key of DTM's, with a meaning here.
  kOwn,      // A key of Treaty's own; its environment name starts with TREATY_.
  kIgnored,  // A key of DTM's without meaning here; accepted with a warning.
};

using Field =
    std::variant<std::monostate, std::string Config::*, std::int64_t Config::*, bool Config::*>;

struct Key {
  Standing standing = Standing::kIgnored;
  std::string_view name;
  Field field;
  std::string_view fallback;  // The default, as one would write it.
  std::int64_t min = 0;       // Of whole numbers.
  std::int64_t max = 0;
  std::string_view choices;  // Of texts: "a|b"; empty: any text.
  std::string_view unit;     // "seconds"; empty: none.
  std::string_view meaning;  // Of an ignored key: why.
};

std::span<const Key> Keys();

// Returns the key of exactly that name, or null.
const Key* FindKey(std::string_view name);

// Returns the key whose name is nearest to an unknown one, or null if none is near.
const Key* NearestKey(std::string_view name);

// "HttpPort" → "HTTP_PORT"; Treaty's own get the prefix TREATY_.
std::string EnvironmentName(const Key& key);

// "Store.Path" → "--store-path".
std::string FlagName(const Key& key);

// What is allowed: "a whole number from 1 to 3600 (seconds)".
std::string Allowed(const Key& key);

// Whether its value is nobody's business.
inline bool IsSecret(const Key& key) { return key.name == "Store.Password"; }

// Whether the key does something in this version.
inline bool IsHeeded(const Key& key) {
  return key.standing == Standing::kDtm || key.standing == Standing::kOwn;
}

}  // namespace treaty::daemon
