// How a row of the table of keys is written: one function per type of value. Each takes the name,
// the default with what is allowed, where the value lands, and what the key is for, without the
// full stop at its end.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config_keys.h"

namespace treaty::daemon::keys {

inline constexpr std::int64_t kDay = 86'400;
inline constexpr std::int64_t kYear = 365 * kDay;
inline constexpr std::int64_t kKiB = 1 << 10;
inline constexpr std::int64_t kMiB = 1 << 20;
inline constexpr std::int64_t kGiB = 1 << 30;

struct Name {
  Standing standing;
  std::string_view text;
};
inline Name Dtm(std::string_view text) { return {Standing::kDtm, text}; }
inline Name Own(std::string_view text) { return {Standing::kOwn, text}; }

// Of whole numbers, in the unit of the type.
struct Range {
  std::int64_t fallback;
  std::int64_t min;
  std::int64_t max;
};

struct Words {
  std::string_view fallback;
  std::vector<std::string> allowed;
};

Key Flag(Name name, bool fallback, PutFlag put, std::string meaning);
Key Port(Name name, Range range, PutPort put, std::string meaning);
Key Count(Name name, Range range, PutSize put, std::string meaning);
Key Bytes(Name name, Range range, PutSize put, std::string meaning);
Key BytesPerSecond(Name name, Range range, PutSize put, std::string meaning);
Key Seconds(Name name, Range range, PutDuration put, std::string meaning);
Key Text(Name name, std::string fallback, PutText put, std::string meaning);
Key List(Name name, std::string fallback, PutText put, std::string meaning);
Key Choice(Name name, Words words, PutText put, std::string meaning);
Key Secret(Name name, PutText put, std::string meaning);
Key SecretUrl(Name name, PutText put, std::string meaning);
Key Ignored(std::string_view name, std::string why);

}  // namespace treaty::daemon::keys
