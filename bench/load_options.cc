// The command line of treaty_load.

#include "load_options.h"

#include <CLI/CLI.hpp>

namespace treaty::bench {
namespace {

void AddShape(CLI::App& app, LoadOptions& out) {
  app.add_option("--model", out.model, "What kind of transaction")
      ->check(CLI::IsMember({"saga", "tcc", "xa", "msg", "prepared-msg", "workflow"}));
  app.add_option("--branches", out.branches, "Steps of each saga")->check(CLI::Range(0, 1'000));
  app.add_flag("--concurrent", out.concurrent, "Steps do not wait for each other");
  app.add_flag("--wait,!--no-wait", out.wait_result, "Ask for the outcome (wait_result)");
  app.add_option("--update-branch-sync", out.update_branch_sync, "0 or 1; not sent by default")
      ->check(CLI::Range(0, 1));
  app.add_option("--retry-interval", out.retry_interval, "Seconds; 0: not sent");
  app.add_option("--request-timeout", out.request_timeout, "Seconds; 0: not sent");
  app.add_option("--action", out.action, "Path of the actions at the participant");
  app.add_option("--compensate", out.compensate, "Path of the compensations");
  app.add_option("--payload-bytes", out.payload_bytes, "Size of a step's payload, roughly");
  app.add_option("--gid-prefix", out.gid_prefix, "Start of every gid; random by default");
}

}  // namespace

std::optional<int> ParseLoadOptions(int argc, char** argv, LoadOptions& out) {
  CLI::App app("Submits sagas to a coordinator and measures");
  app.add_option("--url", out.url, "Where to submit");
  app.add_option("--participant", out.participant, "Base URL of the branches");
  app.add_option("--clients", out.clients, "Connections")->check(CLI::Range(1, 100'000));
  app.add_option("--rate", out.rate, "Open loop: requests a second; 0: closed loop");
  app.add_option("--seconds", out.seconds, "Length of the measurement");
  app.add_option("--warmup", out.warmup, "Seconds before it");
  app.add_option("--count", out.count, "Stop after that many replies instead; no warm-up");
  app.add_option("--timeout", out.timeout, "Seconds to wait for the last replies");
  AddShape(app, out);
  app.add_option("--pid", out.pid, "Process of the coordinator, to measure what it uses");
  app.add_flag("--json", out.json, "Print one JSON object");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (out.count > 0) out.warmup = 0;
  return std::nullopt;
}

}  // namespace treaty::bench
