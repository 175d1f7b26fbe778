// How much memory a transaction takes, and on whose account.

#pragma once

#include <cstddef>
#include <string_view>

#include "core/txn.h"

namespace treaty {

// About as many bytes as the transaction holds: what clients can make large is counted, and a sum
// for everything else.
std::size_t WeightOf(const Txn& txn);

// Scheme and authority of a URL, as it is written: who is called. A part of `url`.
std::string_view DestinationOf(std::string_view url);

// Who is called first, as far as that is known from the beginning; else who is asked, or nobody. A
// part of `body`.
std::string_view DestinationOf(const Body& body);

}  // namespace treaty
