// How much memory a transaction takes.

#pragma once

#include <cstddef>

#include "core/txn.h"

namespace treaty {

// About as many bytes as the transaction holds: what clients can make large is counted, and a sum
// for everything else.
std::size_t WeightOf(const Txn& txn);

}  // namespace treaty
