// However a URL names somebody, it is the same one.

#include "core/destination.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace treaty {
namespace {

std::string Of(std::string_view url) { return std::string(DestinationName(url).text()); }

struct Same {
  std::string text;
  std::vector<std::string> urls;
};

TEST(DestinationTest, HasOneSpelling) {
  const std::vector<Same> table = {
      {"bank.example:80",
       {"http://bank.example", "http://bank.example/", "http://bank.example:80/a?b=c",
        "HTTP://BANK.Example/a", "http://bank.example./a", "http://bank.example.:80",
        "http://bank.example:0080/", "http://bank.example:/a", "http://me:secret@bank.example/a",
        "http://a@b@bank.example/a", "http://bank.example?x=http://other/", "http://bank.example#f",
        "bank.example:80/pkg.Service/Method", "grpc://bank.example:80/pkg.Service/Method"}},
      {"bank.example:443",
       {"https://bank.example/a", "https://BANK.EXAMPLE:443", "Https://bank.example.",
        "http://bank.example:443/", "grpcs://bank.example:443/pkg.Service/Method"}},
      {"bank.example:8080",
       {"http://bank.example:8080/a", "https://bank.example:8080", "bank.example:8080/p.S/M",
        "Bank.Example:8080/p.S/M?u=http://other:1/", "grpcs://bank.example.:8080/p.S/M"}},
      {"127.0.0.1:9000", {"http://127.0.0.1:9000/", "127.0.0.1:9000/p.S/M"}},
      {"[::1]:80", {"http://[::1]", "http://[0:0::1]:80/", "http://[0000:0:0:0:0:0:0:0001]/a"}},
      {"[fe80::a]:50051", {"[FE80::A]:50051/p.S/M", "grpc://[fe80:0:0::000a]:50051/p.S/M"}},
      {"", {"", "http://", "http:///path", "/path"}},
  };
  for (const auto& [text, urls] : table) {
    for (const std::string& url : urls) EXPECT_EQ(Of(url), text) << url;
  }
}

TEST(DestinationTest, OthersAreOthers) {
  const std::vector<std::string> urls = {
      "http://bank.example",   "https://bank.example",  "http://bank.example:81",
      "http://a.bank.example", "http://bank.example.b", "http://bank-example",
      "http://[::1]",          "http://[::2]",          "http://127.0.0.1",
      "bank.example:1/p.S/M",  "bank.example:2/p.S/M",
  };
  for (std::size_t i = 0; i < urls.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(Of(urls[i]), Of(urls[j])) << urls[i] << urls[j];
  }
}

TEST(DestinationTest, AnythingIsSomeText) {
  const std::string many(2'000, 'h');
  for (const std::string& url :
       std::vector<std::string>{many, "http://" + many + ":99999", "http://[" + many + "]:80",
                                "http://[", "http://]", "http://:80", "http://[::1", "://", ":",
                                "@", "a@", "http://h:99999999999", "http://h:x"}) {
    EXPECT_LE(DestinationName(url).text().size(), 272U) << url;
  }
  EXPECT_EQ(Of("http://" + many + ":1"), Of("http://" + many + "x:1")) << "what is too long is cut";
}

TEST(DestinationTest, OfABodyIsTheFirstThatIsCalled) {
  Body body;
  EXPECT_EQ(FirstUrlOf(body), "");
  body.query_prepared = "http://q";
  EXPECT_EQ(FirstUrlOf(body), "http://q");
  body.steps = {{"", "http://c", ""}, {"http://a", "", ""}};
  EXPECT_EQ(FirstUrlOf(body), "http://c");
  body.steps[0].action = "topic://t";
  EXPECT_EQ(FirstUrlOf(body), "topic://t");
  body.recipients = {{"http://r", "01", 0}};
  EXPECT_EQ(FirstUrlOf(body), "http://r");
}

}  // namespace
}  // namespace treaty
