#include "daemon/reference.h"

#include <algorithm>
#include <string_view>

namespace treaty::daemon {
namespace {

constexpr std::string_view kFileHead =
    R"(# treatyd's configuration: every key with its default.
#
# A flag (--http-port) beats the environment (HTTP_PORT), which beats this file, which beats the
# default. Unknown keys and bad values stop the start. A key without a value counts as unset.
# Keys of DTM's that have no meaning here are accepted with a warning: --check-config lists them.
# SIGHUP opens the log files again and reads LogLevel again; all else needs a restart.
)";

constexpr std::string_view kPageHead =
    R"(# Configuration

Every key with its default and what it is for. This page and [conf/treaty.yaml](../conf/treaty.yaml)
are made from the table that the program itself goes by ([src/daemon/keys](../src/daemon/keys)):
`scripts/dev generate` writes them, and a test compares.

A key is given by a flag, in the environment or in a YAML file (`treatyd -c FILE`). A flag beats the
environment, which beats the file, which beats the default. In the file a point is a level:
`Store.Path` is `Path` below `Store`. A list is one text with commas between, in the file also a
YAML sequence. A key without a value counts as unset; unknown keys and bad values stop the start,
with their place and what is allowed.

`treatyd --print-default-config` prints a file with all keys and their defaults, `--check-config`
says whether a configuration is valid, `--print-config` prints what is in force and where each value
came from, without secrets. `SIGHUP` opens the log files again and reads `LogLevel` again; all else
needs a restart. What is bounded by a fixed number is in [limits.md](limits.md).
)";

constexpr std::string_view kTableHead =
    "| key | default | allowed | flag, environment | what it is for |\n|---|---|---|---|---|\n";

constexpr std::string_view kIgnoredHead =
    "They are accepted with a warning.\n\n| key | why |\n|---|---|\n";

bool IsPlain(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
}

// No default has a single quote in it.
std::string YamlText(const std::string& text) {
  if (text.empty()) return "\"\"";
  return IsPlain(text) ? text : "'" + text + "'";
}

void WriteYaml(const Key& key, std::span<const Driver> drivers, std::string& out) {
  const auto [group, name] = SplitName(key.name);
  const std::string indent = group.empty() ? "" : "  ";
  out += indent + "# " + key.meaning + ".\n";
  out += indent + "# Allowed: " + Allowed(key) + "; environment " + EnvironmentName(key) + "\n";
  const bool differs = !OtherDefaults(key, drivers).empty();
  if (differs) out += indent + "# Default: " + DefaultInWords(key, drivers) + "\n";
  out += indent + std::string(name) + (differs ? ":" : ": " + YamlText(key.fallback)) + "\n";
}

bool IsHeededSection(const Section& section) { return std::ranges::any_of(section.keys, IsHeeded); }

std::string Grouped(const std::string& digits) {
  constexpr std::size_t kGroup = 3;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % kGroup == 0) out += ',';
    out += digits[i];
  }
  return out;
}

// Of what a table's cell may hold only these mean something to Markdown.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string Code(const std::string& text) { return "`" + text + "`"; }

void WriteRow(const Key& key, std::span<const Driver> drivers, std::string& out) {
  const std::string name = Code(std::string(key.name));
  if (!IsHeeded(key)) {
    out += "| " + name + " | " + Cell(key.meaning) + " |\n";
    return;
  }
  out += "| " + name + " | " + DefaultInWords(key, drivers) + " | " + AllowedInWords(key) + " | " +
         Code(FlagName(key)) + " " + Code(EnvironmentName(key)) + " | " + Cell(key.meaning) +
         " |\n";
}

}  // namespace

std::string DefaultConfigFile(std::span<const Driver> drivers) {
  std::string out(kFileHead);
  for (const Section& section : Sections()) {
    if (!IsHeededSection(section)) continue;
    out += "\n# ---- " + std::string(section.title) + " ----\n";
    std::string_view open;
    for (const Key& key : section.keys) {
      const std::string_view group = SplitName(key.name).group;
      out += "\n";
      if (!group.empty() && group != open) out += std::string(group) + ":\n";
      open = group;
      WriteYaml(key, drivers, out);
    }
  }
  return out;
}

std::string ReferencePage(std::span<const Driver> drivers) {
  std::string out(kPageHead);
  for (const Section& section : Sections()) {
    out += "\n## " + std::string(section.title) + "\n\n";
    out += IsHeededSection(section) ? kTableHead : kIgnoredHead;
    for (const Key& key : section.keys) WriteRow(key, drivers, out);
  }
  return out;
}

std::string DefaultInWords(const Key& key, std::span<const Driver> drivers) {
  const std::string others = OtherDefaults(key, drivers);
  if (IsNumber(key.type) && key.type != Type::kPort) return Grouped(key.fallback) + others;
  if (key.fallback.empty()) return "empty" + others;
  return (IsPlain(key.fallback) ? key.fallback : Code(key.fallback)) + others;
}

std::string AllowedInWords(const Key& key) {
  if (!IsNumber(key.type)) return Allowed(key);
  if (key.type == Type::kPort) return std::to_string(key.min) + " to " + std::to_string(key.max);
  const std::string unit(UnitOf(key.type));
  return Grouped(std::to_string(key.min)) + " to " + Grouped(std::to_string(key.max)) +
         (unit.empty() ? "" : " " + unit);
}

}  // namespace treaty::daemon
