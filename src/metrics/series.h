// Who writes which families of the page. docs/metrics.md describes each.

#pragma once

#include <cstdint>
#include <string>

#include "api/meters.h"
#include "base/time.h"
#include "engine/engine.h"
#include "metrics/exposition.h"

namespace treaty::metrics {

void AddApiSeries(Exposition& out, const api::ApiMeters& meters);

// What DTM counts of transactions and branches.
void AddTransactionSeries(Exposition& out, const EngineMeters& meters);

// How the engine is.
void AddEngineSeries(Exposition& out, const Engine& engine, Time now);

// How the process is, as every Prometheus client tells it.
void AddProcessSeries(Exposition& out);

}  // namespace treaty::metrics
