// What the table of keys says, for people: conf/treaty.yaml and docs/configuration.md.

#pragma once

#include <string>

#include "daemon/config_keys.h"

namespace treaty::daemon {

// A configuration file with every key, its default, what is allowed and what it is for.
std::string DefaultConfigFile();

// The same as a page of the documentation, in Markdown.
std::string ReferencePage();

// The default as such pages write it: 65,536; empty.
std::string DefaultInWords(const Key& key);

// What is allowed as such pages write it: "1,024 to 65,536 bytes".
std::string AllowedInWords(const Key& key);

}  // namespace treaty::daemon
