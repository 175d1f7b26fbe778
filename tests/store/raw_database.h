// A database as others may leave it: opened past the store, to damage it or to look into it.

#pragma once

#include <cstdint>
#include <string>

namespace treaty::store_test {

// Runs statements on the file at `path`, created where missing; fails the test on an error.
void RunSql(const std::string& path, const std::string& sql);

// Returns the one number that a query yields.
std::int64_t QueryNumber(const std::string& path, const std::string& sql);

// Returns the one text that a query yields.
std::string QueryText(const std::string& path, const std::string& sql);

}  // namespace treaty::store_test
