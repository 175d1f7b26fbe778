// What treaty_grpc_load is asked for: the load of treaty_load, over a few shared connections.

#pragma once

#include <optional>

#include "load_options.h"

namespace treaty::bench {

struct GrpcLoadOptions : LoadOptions {
  GrpcLoadOptions();

  int connections = 4;  // The clients take turns on them.
};

// Returns the exit code if the program is to end at once.
std::optional<int> ParseGrpcLoadOptions(int argc, char** argv, GrpcLoadOptions& out);

}  // namespace treaty::bench
