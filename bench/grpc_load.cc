// treaty_grpc_load: puts a coordinator under a load of sagas by gRPC and says what came of it.

#include <cstdio>

#include "grpc_load_generator.h"
#include "grpc_load_options.h"
#include "load_report.h"

int main(int argc, char** argv) {
  using namespace treaty::bench;
  GrpcLoadOptions options;
  if (const auto code = ParseGrpcLoadOptions(argc, argv, options)) return *code;
  GrpcLoadGenerator generator(options);
  LoadResult result;
  if (!generator.Run(result)) {
    std::fprintf(stderr, "treaty_grpc_load: cannot connect to %s\n", options.url.c_str());
    return 1;
  }
  const std::string report =
      options.json ? ReportAsJson(options, result) : ReportAsText(options, result);
  std::fputs(report.c_str(), stdout);
  if (generator.trouble().ok()) return 0;
  std::fprintf(stderr, "treaty_grpc_load: status %d: %s\n",
               static_cast<int>(generator.trouble().error_code()),
               generator.trouble().error_message().c_str());
  return 1;
}
