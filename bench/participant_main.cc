// treaty_participant: a service for benchmarks that agrees to everything, fast.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "participant_server.h"

namespace {

volatile bool stop = false;

void OnSignal(int) { stop = true; }

void RaiseDescriptorLimit() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  treaty::bench::ParticipantOptions options;
  CLI::App app("A participant that answers as cheaply as possible");
  app.add_option("--host", options.host, "Address to listen on");
  app.add_option("--port", options.port, "Port; 0 takes any free one");
  app.add_option("--latency", options.latency_ms, "Milliseconds before each reply");
  app.add_option("--failure", options.failure, "Share of actions refused, 0 to 1");
  app.add_option("--ongoing", options.ongoing, "Share of calls answered ONGOING, 0 to 1");
  app.add_option("--error", options.error, "Share of calls answered 500, 0 to 1");
  app.add_flag("--hang", options.hang, "Never answer");
  app.add_option("--seed", options.seed, "Of the choice of answers");
  CLI11_PARSE(app, argc, argv);

  RaiseDescriptorLimit();
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);
  treaty::bench::ParticipantServer server(options);
  if (!server.ok()) {
    std::fprintf(stderr, "treaty_participant: cannot listen on %s:%d\n", options.host.c_str(),
                 static_cast<int>(options.port));
    return 1;
  }
  std::printf("http://%s:%d\n", options.host.c_str(), static_cast<int>(server.port()));
  std::fflush(stdout);
  server.RunUntil(stop);
  return 0;
}
