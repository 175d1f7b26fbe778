// One list of figures, printed in two ways.

#include "load_report.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

namespace treaty::bench {
namespace {

using Figures = std::vector<std::pair<std::string, double>>;

double Ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

void AddProcess(const LoadResult& result, double replies, Figures& out) {
  constexpr double kMiB = 1'048'576;
  if (!result.before.ok || !result.after.ok || replies <= 0) return;
  const ProcessStats& from = result.before;
  const ProcessStats& to = result.after;
  out.emplace_back("cpu_us_per_saga", (to.cpu_s - from.cpu_s) * 1e6 / replies);
  out.emplace_back("user_us_per_saga", (to.user_s - from.user_s) * 1e6 / replies);
  out.emplace_back("written_bytes_per_saga",
                   static_cast<double>(to.written_bytes - from.written_bytes) / replies);
  out.emplace_back("write_calls_per_saga",
                   static_cast<double>(to.write_calls - from.write_calls) / replies);
  out.emplace_back("context_switches_per_saga",
                   static_cast<double>(to.context_switches - from.context_switches) / replies);
  out.emplace_back("rss_mib", static_cast<double>(to.rss_bytes) / kMiB);
  out.emplace_back("peak_rss_mib", static_cast<double>(to.peak_rss_bytes) / kMiB);
}

Figures FiguresOf(const LoadOptions& options, const LoadResult& result) {
  const Histogram& latency = result.latency;
  const auto replies = static_cast<double>(latency.count());
  Figures out = {
      {"clients", options.clients},
      {"rate", options.rate},
      {"branches", options.branches},
      {"seconds", result.seconds},
      {"replies", replies},
      {"succeeded", static_cast<double>(result.succeeded)},
      {"unanswered", static_cast<double>(result.unanswered)},
      {"late", static_cast<double>(result.late)},
      {"sagas_per_s", replies / std::max(result.seconds, 1e-9)},
      {"mean_ms", latency.MeanNs() / 1e6},
      {"p50_ms", Ms(latency.QuantileNs(0.50))},
      {"p99_ms", Ms(latency.QuantileNs(0.99))},
      {"p999_ms", Ms(latency.QuantileNs(0.999))},
      {"max_ms", Ms(latency.MaxNs())},
  };
  AddProcess(result, replies, out);
  return out;
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

}  // namespace

std::string ReportAsText(const LoadOptions& options, const LoadResult& result) {
  std::string out;
  for (const auto& [name, value] : FiguresOf(options, result)) {
    char line[80];
    std::snprintf(line, sizeof line, "%-26s %14.3f\n", name.c_str(), value);
    out += line;
  }
  for (const auto& [status, count] : result.by_status) {
    out += "status " + std::to_string(status) + ": " + std::to_string(count) + "\n";
  }
  return out;
}

std::string ReportAsJson(const LoadOptions& options, const LoadResult& result) {
  std::string out = "{";
  for (const auto& [name, value] : FiguresOf(options, result)) {
    out += "\"" + name + "\":" + Number(value) + ",";
  }
  out += "\"by_status\":{";
  for (const auto& [status, count] : result.by_status) {
    if (out.back() != '{') out += ",";
    out += "\"" + std::to_string(status) + "\":" + std::to_string(count);
  }
  return out + "}}\n";
}

}  // namespace treaty::bench
