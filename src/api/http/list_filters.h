// The parameters of `all` by which it is filtered (docs/protocol.md 1.11).

#pragma once

#include "api/http/target.h"
#include "base/status.h"
#include "engine/engine.h"

namespace treaty::api {

// Fills everything of `filter` but gid and position. kInvalidArgument: says which parameter is
// wrong and what it may be.
Status ReadFilters(const Target& target, ListFilter& filter);

}  // namespace treaty::api
