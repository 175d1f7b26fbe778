// The bytes of a request's head (protocol §4.2).

#include "participant/http/request_head.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "participant/world.h"

namespace treaty {
namespace {

std::string HeadOf(const std::string& url, const BranchCall& call) {
  const auto parsed = wire::ParseUrl(url, "http");
  EXPECT_TRUE(parsed.ok());
  std::string head = "left over";
  WriteRequestHead(MakeRequestTemplate(*parsed), call, head);
  return head;
}

std::string FirstLine(const std::string& url, const BranchCall& call) {
  const std::string head = HeadOf(url, call);
  return head.substr(0, head.find('\r'));
}

TEST(RequestHead, IsThisForAPayload) {
  EXPECT_EQ(HeadOf("http://bank:8081/out", test::CallTo("", "{\"a\":1}")),
            "POST /out?branch_id=01&gid=g-1&op=action&trans_type=saga HTTP/1.1\r\n"
            "Host: bank:8081\r\n"
            "Accept-Encoding: gzip\r\n"
            "User-Agent: treaty\r\n"
            "Accept: application/json\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 7\r\n\r\n");
}

TEST(RequestHead, IsAGetWithoutAPayload) {
  BranchCall call = test::CallTo("", "");
  call.op = Op::kCompensate;
  const std::string head = HeadOf("http://bank", call);
  EXPECT_EQ(head.substr(0, head.find('\r')),
            "GET /?branch_id=01&gid=g-1&op=compensate&trans_type=saga HTTP/1.1");
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
}

TEST(RequestHead, KeepsTheQueryOfTheUrlInFront) {
  const BranchCall call = test::CallTo("", "");
  const std::string ours = "branch_id=01&gid=g-1&op=action&trans_type=saga HTTP/1.1";
  EXPECT_EQ(FirstLine("http://bank/x?a=b%20c", call), "GET /x?a=b%20c&" + ours);
  EXPECT_EQ(FirstLine("http://bank/x?", call), "GET /x?" + ours);
  EXPECT_EQ(FirstLine("http://bank?a", call), "GET /?a&" + ours);
}

TEST(RequestHead, EncodesTheGidAsAForm) {
  BranchCall call = test::CallTo("", "");
  auto body = std::make_shared<Body>(*call.body);
  body->gid = "a b&c=d/e+f~\xc3\xa4%";
  call.body = body;
  EXPECT_NE(FirstLine("http://bank/", call).find("gid=a+b%26c%3Dd%2Fe%2Bf~%C3%A4%25&op"),
            std::string::npos);
}

TEST(RequestHead, WritesTheHostAsTheUrlMeansIt) {
  const BranchCall call = test::CallTo("", "");
  EXPECT_NE(HeadOf("http://[::1]:81/", call).find("\r\nHost: [::1]:81\r\n"), std::string::npos);
  EXPECT_NE(HeadOf("https://bank:443/", call).find("\r\nHost: bank\r\n"), std::string::npos);
  EXPECT_NE(HeadOf("http://bank:443/", call).find("\r\nHost: bank:443\r\n"), std::string::npos);
}

TEST(RequestHead, LaterHeadersReplaceEarlierOnes) {
  BranchCall call = test::CallTo("", "{}");
  auto terms = std::make_shared<Terms>();
  terms->branch_headers = {{"content-TYPE", "text/plain"}, {"test_header", "1"}, {"X-A", "old"}};
  terms->passed_headers = {{"x-a", "new"}, {"Authorization", "Bearer t"}};
  call.terms = terms;
  EXPECT_EQ(HeadOf("http://bank/", call).substr(FirstLine("http://bank/", call).size()),
            "\r\nHost: bank\r\n"
            "Accept-Encoding: gzip\r\n"
            "User-Agent: treaty\r\n"
            "Accept: application/json\r\n"
            "content-TYPE: text/plain\r\n"
            "test_header: 1\r\n"
            "x-a: new\r\n"
            "Authorization: Bearer t\r\n"
            "Content-Length: 2\r\n\r\n");
}

TEST(RequestHead, LeavesOutHeadersThatWouldStructureTheMessage) {
  BranchCall call = test::CallTo("", "{}");
  auto terms = std::make_shared<Terms>();
  terms->branch_headers = {
      {"Host", "evil"},        {"Content-Length", "9"},   {"Transfer-Encoding", "chunked"},
      {"Connection", "close"}, {"Accept-Encoding", "br"}, {"X\r\nY", "evil"},
      {"X", "a\r\nevil: b"}};
  call.terms = terms;
  EXPECT_EQ(HeadOf("http://bank/", call), HeadOf("http://bank/", test::CallTo("", "{}")));
}

}  // namespace
}  // namespace treaty
