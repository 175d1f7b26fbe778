// The values in force as a file that could be read again, without its secrets.

#include <string>
#include <string_view>

#include "daemon/config.h"
#include "daemon/config_keys.h"
#include "daemon/escape.h"

namespace treaty::daemon {
namespace {

// Of a URL only what names the other side: a token may stand anywhere behind it.
std::string MaskedUrl(const std::string& url) {
  constexpr std::string_view kMark = "://";
  const std::size_t scheme = url.find(kMark);
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + kMark.size();
  const std::size_t end = url.find_first_of("/?", begin);
  return end == std::string::npos || end + 1 == url.size() ? url : url.substr(0, end) + "/***";
}

std::string ValueText(const Key& key, const std::string& value) {
  if (key.type == Type::kFlag || IsNumber(key.type)) return value;
  const bool is_secret = key.type == Type::kSecret && !value.empty();
  const std::string shown = key.type == Type::kSecretUrl ? MaskedUrl(value) : value;
  return "\"" + (is_secret ? "***" : EscapeYaml(shown)) + "\"";
}

}  // namespace

std::string PrintConfig(const Loaded& loaded) {
  std::string out;
  std::string_view open;
  for (const Key& key : Keys()) {
    if (!IsHeeded(key)) continue;
    const auto [group, name] = SplitName(key.name);
    if (!group.empty() && group != open) out += std::string(group) + ":\n";
    open = group;
    const auto source = loaded.sources.find(key.name);
    out += (group.empty() ? "" : "  ") + std::string(name) + ": " +
           ValueText(key, loaded.values.find(key.name)->second) + "  # " +
           (source == loaded.sources.end() ? "default" : Escape(source->second)) + "\n";
  }
  return out;
}

}  // namespace treaty::daemon
