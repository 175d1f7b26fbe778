// Targets of participants that run outside the container of this process.

#pragma once

#include <string>

namespace treaty {

// Returns the URL with the first `localhost` and the first `127.0.0.1` replaced by the name that
// containers know their host by (protocol §4.2).
std::string ForDocker(std::string url);

}  // namespace treaty
