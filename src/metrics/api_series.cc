// Requests, under DTM's names.

#include "metrics/series.h"

namespace treaty::metrics {
namespace {

using Kind = Exposition::Kind;
constexpr double kMicros = 1e6;

}  // namespace

void AddApiSeries(Exposition& out, const api::ApiMeters& meters) {
  out.Begin(Kind::kCounter, "dtm_server_process_total", "Requests, by route and result.");
  for (const api::RouteMeters& route : meters.routes()) {
    const auto count = [&](const char* status, const Meter& meter) {
      out.Add({{"type", "http"}, {"api", route.api}, {"status", status}},
              static_cast<double>(meter.count()));
    };
    count("ok", route.ok);
    count("fail", route.fail);
  }
  out.Begin(Kind::kHistogram, "dtm_server_response_duration", "Seconds until the reply, by route.");
  for (const api::RouteMeters& route : meters.routes()) {
    Distributed seen;
    route.time.AddTo(seen);
    out.Add({{"type", "http"}, {"api", route.api}}, seen, kMicros);
  }
}

}  // namespace treaty::metrics
