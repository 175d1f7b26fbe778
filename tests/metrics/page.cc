#include "metrics/page.h"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>

namespace treaty::metrics {
namespace {

std::string FamilyOf(const Page& page, const std::string& name) {
  if (page.types.contains(name)) return name;
  for (const char* part : {"_bucket", "_count", "_sum"}) {
    const std::string suffix(part);
    if (!name.ends_with(suffix)) continue;
    std::string family = name.substr(0, name.size() - suffix.size());
    const auto found = page.types.find(family);
    if (found != page.types.end() && found->second == "histogram") return family;
  }
  return "";
}

void TakeComment(const std::string& line, Page& page) {
  static const std::regex form("# (?:HELP ([a-z_]+) .+|TYPE ([a-z_]+) (counter|gauge|histogram))");
  std::smatch match;
  ASSERT_TRUE(std::regex_match(line, match, form)) << line;
  if (!match[2].matched) return;
  EXPECT_TRUE(page.types.emplace(match[2], match[3]).second) << line;
}

void TakeSample(const std::string& line, Page& page) {
  static const std::regex form(
      R"re(([a-z_]+)(\{(?:[a-z_]+="[^"\\]*",?)*\})? (\+Inf|[0-9.e+-]+))re");
  std::smatch match;
  ASSERT_TRUE(std::regex_match(line, match, form)) << line;
  EXPECT_NE(FamilyOf(page, match[1]), "") << line;
  EXPECT_TRUE(page.series.emplace(match[1].str() + match[2].str(), std::stod(match[3])).second)
      << line;
}

}  // namespace

double Page::Value(const std::string& name) const {
  const auto found = series.find(name);
  return found == series.end() ? 0 : found->second;
}

std::set<std::string> Page::Families() const {
  std::set<std::string> names;
  for (const auto& [name, type] : types) names.insert(name);
  return names;
}

Page ParsePage(const std::string& text) {
  Page page;
  EXPECT_TRUE(text.ends_with('\n'));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.starts_with('#') ? TakeComment(line, page) : TakeSample(line, page);
  }
  return page;
}

}  // namespace treaty::metrics
