// The command line of treaty_grpc_load; where an option of treaty_load fits, it has its name.

#include "grpc_load_options.h"

#include <CLI/CLI.hpp>

namespace treaty::bench {

GrpcLoadOptions::GrpcLoadOptions() {
  url = "127.0.0.1:36790";
  participant = "127.0.0.1:36801";
  action = "/bench.Participant/Action";
  compensate = "/bench.Participant/Compensate";
}

std::optional<int> ParseGrpcLoadOptions(int argc, char** argv, GrpcLoadOptions& out) {
  CLI::App app("Submits sagas to a coordinator by gRPC and measures");
  app.add_option("--url", out.url, "Where to submit, host:port");
  app.add_option("--participant", out.participant, "Where the branches are, host:port");
  app.add_option("--clients", out.clients, "Calls under way")->check(CLI::Range(1, 100'000));
  app.add_option("--connections", out.connections, "Shared by them")->check(CLI::Range(1, 1'000));
  app.add_option("--seconds", out.seconds, "Length of the measurement");
  app.add_option("--warmup", out.warmup, "Seconds before it");
  app.add_option("--timeout", out.timeout, "Seconds to wait for the last replies");
  app.add_option("--branches", out.branches, "Steps of each saga")->check(CLI::Range(1, 1'000));
  app.add_flag("--wait,!--no-wait", out.wait_result, "Ask for the outcome (WaitResult)");
  app.add_flag("--concurrent", out.concurrent, "Steps do not wait for each other");
  app.add_option("--payload-bytes", out.payload_bytes, "Size of a step's payload")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--action", out.action, "Method of the actions");
  app.add_option("--compensate", out.compensate, "Method of the compensations");
  app.add_option("--pid", out.pid, "Process of the coordinator, to measure what it uses");
  app.add_flag("--json", out.json, "Print one JSON object");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return std::nullopt;
}

}  // namespace treaty::bench
