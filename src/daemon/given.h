// What somebody has set, before anybody has judged it.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace treaty::daemon {

// A value as somebody gave it.
struct Given {
  std::string key;
  std::string text;
  std::string where;  // "conf/treaty.yaml:12", "environment HTTP_PORT", "flag --http-port"
};

// Reads a file's keys, known or not, nested ones joined with a point ("Store.Path").
Result<std::vector<Given>> ReadYaml(const std::string& path);

// Picks the known names out of an environment ("NAME=value", ended by null). Empty values count
// as unset. Names that start with TREATY_ but are no key's are added to `warnings`; so are, in one
// line, variables of a Kubernetes Service that would be taken for a key's or have that prefix.
std::vector<Given> ReadEnvironment(const char* const* environment,
                                   std::vector<std::string>& warnings);

}  // namespace treaty::daemon
