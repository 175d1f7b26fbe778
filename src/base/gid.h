// Names for new global transactions.

#pragma once

#include <string>

#include "base/random.h"
#include "base/time.h"

namespace treaty {

// Returns a new gid: 26 characters of Crockford's base 32, the first 10 the time (so that
// gids sort by age and sit together in an index), the other 16 80 random bits (so that none
// can be guessed). URL-safe. The layout is that of a ULID.
std::string NewGid(Time now, Random& random);

}  // namespace treaty
