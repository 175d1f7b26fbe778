// Requests, under DTM's names.

#include "metrics/series.h"

namespace treaty::metrics {
namespace {

using Kind = Exposition::Kind;
constexpr double kMicros = 1e6;

void AddRefusals(Exposition& out, const api::RefusalMeters& refused) {
  out.Begin(Kind::kCounter, "treaty_http_refused_total",
            "Requests and connections refused before any route, by status.");
  for (std::size_t i = 0; i < api::RefusalMeters::kStatuses.size(); ++i) {
    out.Add({{"status", std::to_string(api::RefusalMeters::kStatuses[i])}},
            static_cast<double>(refused.at(i).count()));
  }
}

}  // namespace

void AddApiSeries(Exposition& out, const api::ApiMeters& meters) {
  out.Begin(Kind::kCounter, "dtm_server_process_total", "Requests, by route and result.");
  for (const api::RouteMeters& route : meters.routes()) {
    const auto count = [&](const char* status, const Meter& meter) {
      out.Add({{"type", std::string(route.type)}, {"api", route.api}, {"status", status}},
              static_cast<double>(meter.count()));
    };
    count("ok", route.ok);
    count("fail", route.fail);
  }
  out.Begin(Kind::kHistogram, "dtm_server_response_duration", "Seconds until the reply, by route.");
  for (const api::RouteMeters& route : meters.routes()) {
    Distributed seen;
    route.time.AddTo(seen);
    out.Add({{"type", std::string(route.type)}, {"api", route.api}}, seen, kMicros);
  }
  AddRefusals(out, meters.refused);
}

}  // namespace treaty::metrics
