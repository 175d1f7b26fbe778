// The session variables of MariaDB and MySQL that cannot change what the store's statements do.

#pragma once

#include <span>
#include <string_view>

namespace treaty::store_test {

// A name that ends with * stands for all that begin so.
struct Harmless {
  std::string_view name;
  std::string_view why;
};

std::span<const Harmless> HarmlessVariables();

// Why it cannot matter; empty: it is none of them.
std::string_view WhyHarmless(std::string_view name);

}  // namespace treaty::store_test
