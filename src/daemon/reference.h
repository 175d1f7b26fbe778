// What the tables of keys and of drivers say, for people: conf/treaty.yaml and
// docs/configuration.md.

#pragma once

#include <span>
#include <string>

#include "daemon/config_keys.h"
#include "daemon/drivers.h"

namespace treaty::daemon {

// A configuration file with every key, its default, what is allowed and what it is for. A key whose
// default differs among drivers has no value there, so that Store.Driver may be changed alone.
std::string DefaultConfigFile(std::span<const Driver> drivers = Drivers());

// The same as a page of the documentation, in Markdown.
std::string ReferencePage(std::span<const Driver> drivers = Drivers());

// The default as such pages write it: "65,536", "empty"; where drivers differ: "1, with other 2".
std::string DefaultInWords(const Key& key, std::span<const Driver> drivers = Drivers());

// What is allowed as such pages write it: "1,024 to 65,536 bytes".
std::string AllowedInWords(const Key& key);

}  // namespace treaty::daemon
