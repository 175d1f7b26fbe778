// Opens the store that the configuration names.

#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/status.h"
#include "daemon/config.h"
#include "store/store.h"

namespace treaty::daemon {

// Fails as the store's own function does. `log` outlives the store.
Result<std::unique_ptr<Store>> OpenStore(const StoreSettings& store, Log& log);

// Whether other processes can open the store too.
bool IsShared(const StoreSettings& store);

// What an operator calls the store: a path, or user, server and database; no secret.
std::string DescribeStore(const StoreSettings& store);

}  // namespace treaty::daemon
