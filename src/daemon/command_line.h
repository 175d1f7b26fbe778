// What treatyd was asked to do; the only user of CLI11 is command_line.cc.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/given.h"

namespace treaty::daemon {

struct CommandLine {
  std::string config_file;  // Empty: none.
  std::vector<Given> flags;
  bool check_config = false;
  bool print_config = false;
  bool print_default_config = false;
  bool print_reference = false;
  bool print_schema = false;
  std::string backup_to;  // Empty: no backup is asked for.
};

// Reads the arguments. When there is nothing left to do (--help, --version, a mistake), the text
// has been printed and `exit_code` is set.
std::optional<CommandLine> ReadCommandLine(int argc, char** argv, int& exit_code);

}  // namespace treaty::daemon
