// docs/metrics.md, the board for Grafana and the page name the same metrics.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "metrics/metered_world.h"

namespace treaty::metrics {
namespace {

using Names = std::set<std::string>;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The families that `text` names; a histogram's parts count as it.
Names NamedIn(const std::string& text, const Names& families) {
  static const std::regex form("\\b(?:dtm|treaty|process)_[a-z_]+");
  Names names;
  for (std::sregex_iterator at(text.begin(), text.end(), form), end; at != end; ++at) {
    const std::string name = at->str();
    const std::string family = std::regex_replace(name, std::regex("_(bucket|count|sum)$"), "");
    names.insert(families.contains(name) ? name : family);
  }
  return names;
}

// Every text below a key "expr".
void TakeQueries(const nlohmann::json& node, std::string& queries) {
  if (node.is_structured()) {
    for (const auto& [key, value] : node.items()) {
      if (key == "expr") queries += value.get<std::string>() + "\n";
      TakeQueries(value, queries);
    }
  }
}

TEST(DocumentsTest, ThePageOfDocumentationNamesEveryMetricAndNoOther) {
  MeteredWorld world;
  const Names families = world.Scrape().Families();
  EXPECT_EQ(NamedIn(ReadFile(TREATY_METRICS_DOC), families), families);
}

TEST(DocumentsTest, TheBoardShowsEveryMetricAndNoOther) {
  MeteredWorld world;
  const Names families = world.Scrape().Families();
  const auto board = nlohmann::json::parse(ReadFile(TREATY_BOARD), nullptr, false);
  ASSERT_FALSE(board.is_discarded());
  std::string queries;
  TakeQueries(board, queries);
  EXPECT_EQ(NamedIn(queries, families), families);
}

TEST(DocumentsTest, TheLabelsInTheDocumentationAreTheLabelsOnThePage) {
  static const std::regex row(R"(\| `([a-z_]+)` \|[^|]*\|([^|]*)\|)");
  static const std::regex label("([a-z_]+)=\"");
  MeteredWorld world;
  const std::string text = ReadFile(TREATY_METRICS_DOC);
  const Page page = world.Scrape();
  std::size_t rows = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at, ++rows) {
    const std::string name = (*at)[1];
    const std::string labels = (*at)[2];
    Names shown;
    for (const auto& [series, value] : page.series) {
      const std::string family = series.substr(0, series.find('{'));
      if (family != name && family != name + "_count") continue;
      for (std::sregex_iterator l(series.begin(), series.end(), label); l != end; ++l) {
        shown.insert("`" + (*l)[1].str() + "`");
      }
    }
    Names documented;
    static const std::regex quoted("`[a-z_]+`");
    for (std::sregex_iterator l(labels.begin(), labels.end(), quoted); l != end; ++l) {
      documented.insert(l->str());
    }
    EXPECT_EQ(documented, shown) << name;
  }
  EXPECT_EQ(rows, page.types.size());
}

}  // namespace
}  // namespace treaty::metrics
