// One answer to a scrape: metric families in the text format of Prometheus. The only user of
// prometheus-cpp.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/meter.h"

namespace treaty::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Values go into the family that was begun last.
class Exposition {
 public:
  enum class Kind { kCounter, kGauge, kHistogram };

  Exposition();
  ~Exposition();
  Exposition(const Exposition&) = delete;
  Exposition& operator=(const Exposition&) = delete;

  void Begin(Kind kind, std::string name, std::string help);

  // Of a counter or a gauge.
  void Add(Labels labels, double value);

  // Of a histogram; `per_unit` of its numbers make one: 1e6 makes seconds of microseconds.
  void Add(Labels labels, const Distributed& seen, double per_unit);

  // A family of one series.
  void Counter(std::string name, std::string help, double value);
  void Gauge(std::string name, std::string help, double value);

  std::string Text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace treaty::metrics
