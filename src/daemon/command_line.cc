// Flags and help follow from the table of keys.

#include "daemon/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>

#include "daemon/config_keys.h"
#include "daemon/drivers.h"
#include "daemon/exit_codes.h"
#include "daemon/version.h"

namespace treaty::daemon {
namespace {

std::string GroupOf(const Key& key) {
  const std::string group(SplitName(key.name).group);
  return group.empty() ? "Common keys" : group + ".* keys";
}

std::string Describe(const Key& key) {
  return key.meaning + ".\n" + std::string(key.name) + ", environment " + EnvironmentName(key) +
         ": " + Allowed(key) + "; default " + (key.fallback.empty() ? "empty" : key.fallback) +
         OtherDefaults(key);
}

// One flag per key that has a meaning. Bare boolean flags mean true.
class Flags {
 public:
  explicit Flags(CLI::App& app) {
    for (const Key& key : Keys()) {
      if (!IsHeeded(key)) continue;
      Flag& flag = flags_.emplace_back();
      flag.key = &key;
      if (key.type == Type::kFlag) {
        flag.option = app.add_flag(FlagName(key), flag.text, Describe(key));
      } else {
        flag.option = app.add_option(FlagName(key), flag.text, Describe(key));
        flag.option->type_name("VALUE");
      }
      flag.option->group(GroupOf(key));
    }
  }

  std::vector<Given> given() const {
    std::vector<Given> out;
    for (const Flag& flag : flags_) {
      if (flag.option->count() == 0) continue;
      out.push_back({std::string(flag.key->name), flag.text, "flag " + FlagName(*flag.key)});
    }
    return out;
  }

 private:
  struct Flag {
    const Key* key = nullptr;
    CLI::Option* option = nullptr;
    std::string text;
  };
  std::deque<Flag> flags_;  // CLI11 keeps references to the texts.
};

}  // namespace

std::optional<CommandLine> ReadCommandLine(int argc, char** argv, int& exit_code) {
  CLI::App app(
      "treatyd coordinates distributed transactions (DTM protocol).\n"
      "A flag beats the environment, which beats the file, which beats the default.",
      "treatyd");
  CommandLine line;
  bool debug = false;
  app.add_option("-c,--config", line.config_file, "YAML file to read")->type_name("FILE");
  app.add_flag("-d,--debug", debug, "The same as --log-level debug");
  app.add_flag("--check-config", line.check_config, "Check the configuration and exit");
  app.add_flag("--print-config", line.print_config, "Print the effective configuration and exit");
  app.add_flag("--print-default-config", line.print_default_config,
               "Print a file with every key, its default and what it is for, and exit");
  app.add_flag("--print-reference", line.print_reference,
               "Print the same as a page in Markdown and exit");
  app.add_flag(
      "--print-schema", line.print_schema,
      "Print the SQL that makes the tables of Store.Driver " + ServerNames() + " and exit");
  app.add_option("--backup", line.backup_to,
                 "Copy the database, also while a daemon runs on it, to a new file and exit")
      ->type_name("FILE");
  app.set_version_flag("-v,--version", std::string("treaty version: ") + kVersion);
  const Flags flags(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? kExitOk : kExitConfig;
    return std::nullopt;
  }
  if (debug) line.flags.push_back({"LogLevel", "debug", "flag --debug"});
  for (Given& given : flags.given()) line.flags.push_back(std::move(given));
  return line;
}

}  // namespace treaty::daemon
