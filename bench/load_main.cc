// treaty_load: puts a coordinator under load and says what came of it.

#include <sys/resource.h>

#include <cstdio>

#include "load_generator.h"
#include "load_options.h"
#include "load_report.h"

namespace {

void RaiseDescriptorLimit() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace treaty::bench;
  LoadOptions options;
  if (const auto code = ParseLoadOptions(argc, argv, options)) return *code;
  Address to;
  if (!ParseHttpUrl(options.url, to)) {
    std::fprintf(stderr, "treaty_load: --url must look like http://host:port/path\n");
    return 1;
  }
  RaiseDescriptorLimit();
  LoadGenerator generator(options, to);
  LoadResult result;
  if (!generator.Run(result)) {
    std::fprintf(stderr, "treaty_load: cannot connect to %s\n", options.url.c_str());
    return 1;
  }
  const std::string report =
      options.json ? ReportAsJson(options, result) : ReportAsText(options, result);
  std::fputs(report.c_str(), stdout);
  return 0;
}
