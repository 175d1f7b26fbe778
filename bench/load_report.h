// Prints what a run came to, for people or for programs.

#pragma once

#include <string>

#include "load_generator.h"

namespace treaty::bench {

std::string ReportAsText(const LoadOptions& options, const LoadResult& result);
std::string ReportAsJson(const LoadOptions& options, const LoadResult& result);

}  // namespace treaty::bench
