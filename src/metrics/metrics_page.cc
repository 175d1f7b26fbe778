#include "metrics/metrics_page.h"

#include "metrics/series.h"

namespace treaty::metrics {
namespace {

using Kind = Exposition::Kind;

// Dashboards for DTM ask for the first; there is no gin here.
void AddInfo(Exposition& out, const std::string& version) {
  out.Begin(Kind::kGauge, "dtm_server_info", "Always 1, for DTM's dashboards.");
  out.Add({{"gin_version", "none"}, {"grpc_version", "none"}}, 1);
  out.Begin(Kind::kGauge, "treaty_build_info", "Always 1; the label has the version.");
  out.Add({{"version", version}}, 1);
}

void AddAlerts(Exposition& out, const AlertMeters* meters) {
  const auto count = [&](const char* result, const Meter AlertMeters::* meter) {
    out.Add({{"result", result}},
            meters == nullptr ? 0 : static_cast<double>((meters->*meter).count()));
  };
  out.Begin(Kind::kCounter, "treaty_alerts_total", "Alerts, by what became of them.");
  count("sent", &AlertMeters::sent);
  count("failed", &AlertMeters::failed);
  count("dropped", &AlertMeters::dropped);
  out.Gauge("treaty_alerts_waiting", "Alerts that wait, or are being sent.",
            meters == nullptr ? 0 : static_cast<double>(meters->waiting.load()));
}

}  // namespace

std::string WritePage(const Sources& sources) {
  Exposition out;
  AddInfo(out, sources.version);
  AddApiSeries(out, *sources.api);
  AddTransactionSeries(out, sources.engine->meters());
  AddEngineSeries(out, *sources.engine, sources.clock->Now());
  out.Gauge("treaty_http_connections", "Open connections of clients.",
            static_cast<double>(sources.connections()));
  out.Counter("treaty_log_lines_dropped_total", "Log lines lost to a full queue.",
              static_cast<double>(sources.log->dropped()));
  AddAlerts(out, sources.alerts);
  AddProcessSeries(out);
  return out.Text();
}

}  // namespace treaty::metrics
