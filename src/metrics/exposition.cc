#include "metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace treaty::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

MetricType TypeOf(Exposition::Kind kind) {
  switch (kind) {
    case Exposition::Kind::kCounter:
      return MetricType::Counter;
    case Exposition::Kind::kHistogram:
      return MetricType::Histogram;
    case Exposition::Kind::kGauge:
      break;
  }
  return MetricType::Gauge;
}

ClientMetric Labelled(Labels labels) {
  ClientMetric metric;
  for (auto& [name, value] : labels) metric.label.push_back({std::move(name), std::move(value)});
  return metric;
}

}  // namespace

struct Exposition::Families {
  std::vector<prometheus::MetricFamily> all;
};

Exposition::Exposition() : families_(std::make_unique<Families>()) {}
Exposition::~Exposition() = default;

void Exposition::Begin(Kind kind, std::string name, std::string help) {
  families_->all.push_back({std::move(name), std::move(help), TypeOf(kind), {}});
}

void Exposition::Add(Labels labels, double value) {
  prometheus::MetricFamily& family = families_->all.back();
  ClientMetric metric = Labelled(std::move(labels));
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(std::move(metric));
}

void Exposition::Add(Labels labels, const Distributed& seen, double per_unit) {
  ClientMetric metric = Labelled(std::move(labels));
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < seen.counts.size(); ++i) {
    count += seen.counts[i];
    const bool last = i == seen.bounds.size();
    const double bound = last ? std::numeric_limits<double>::infinity()
                              : static_cast<double>(seen.bounds[i]) / per_unit;
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(seen.sum) / per_unit;
  families_->all.back().metric.push_back(std::move(metric));
}

void Exposition::Counter(std::string name, std::string help, double value) {
  Begin(Kind::kCounter, std::move(name), std::move(help));
  Add({}, value);
}

void Exposition::Gauge(std::string name, std::string help, double value) {
  Begin(Kind::kGauge, std::move(name), std::move(help));
  Add({}, value);
}

std::string Exposition::Text() const {
  return prometheus::TextSerializer().Serialize(families_->all);
}

}  // namespace treaty::metrics
