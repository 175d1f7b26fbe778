// File descriptors: how many the system allows, and how many are wanted.

#pragma once

#include "base/log.h"
#include "base/status.h"
#include "daemon/config.h"

namespace treaty::daemon {

// Raises the soft limit to the hard one. Fails if that is not even enough for a start, which would
// otherwise end somewhere within a library.
Status RaiseDescriptorLimit(const Config& config);

// Warns if the configured limits may need more.
void WarnOfFewDescriptors(const Config& config, Log& log);

}  // namespace treaty::daemon
