// A page of metrics, taken apart line by line as a scraper does.

#pragma once

#include <map>
#include <set>
#include <string>

namespace treaty::metrics {

struct Page {
  std::map<std::string, std::string> types;  // By family.
  std::map<std::string, double> series;      // By name and labels, as they stand there.

  // 0 for a series that is not there.
  double Value(const std::string& name) const;
  std::set<std::string> Families() const;
};

// Fails the test at a line that is none of the format's, at a series that comes twice, and at one
// of no family.
Page ParsePage(const std::string& text);

}  // namespace treaty::metrics
