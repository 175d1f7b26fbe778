// Replies as bytes, in pieces of every size: what they mean, and what no bytes may do.

#include "participant/http/reply_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "participant/packed.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using State = ReplyReader::State;

constexpr std::size_t kKept = 64 * 1024;

// Gives the bytes in pieces, until the reader wants no more; then the end.
State Feed(ReplyReader& reader, std::string_view bytes, std::size_t step) {
  reader.Begin();
  State state = State::kMore;
  while (!bytes.empty() && state == State::kMore) {
    const auto room = reader.Room();
    EXPECT_FALSE(room.empty());
    const std::size_t size = std::min({step, bytes.size(), room.size()});
    std::memcpy(room.data(), bytes.data(), size);
    bytes.remove_prefix(size);
    state = reader.Take(size);
  }
  return state == State::kMore ? reader.End() : state;
}

constexpr std::size_t kSteps[] = {1, 2, 3, 4, 5, 7, 64, 1'000'000};

// What the reply means for an action, however it was cut into pieces.
Outcome OutcomeOf(const std::string& bytes) {
  std::vector<Outcome> outcomes;
  for (const std::size_t step : kSteps) {
    if (step < 1'000'000 && bytes.size() > step * 10'000) continue;
    ReplyReader reader(kKept);
    const State state = Feed(reader, bytes, step);
    const bool done = state == State::kDone;
    outcomes.push_back(done ? MapReply(reader.status(), reader.body(), Words::kAnywhere, {}).outcome
                            : Outcome::kNotSent);
  }
  for (const Outcome outcome : outcomes) EXPECT_EQ(outcome, outcomes.front());
  return outcomes.front();
}

std::string WhyBroken(const std::string& bytes) {
  std::string why;
  for (const std::size_t step : kSteps) {
    ReplyReader reader(kKept);
    EXPECT_EQ(Feed(reader, bytes, step), State::kBroken) << bytes;
    EXPECT_TRUE(why.empty() || why == reader.why()) << why << " and " << reader.why();
    why = reader.why();
  }
  return why;
}

std::string Times(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// --- Ends and interim replies ----------------------------------------------------------------

TEST(ReplyReader, TheEndBeforeTheFinalHeadIsOneWithinTheReply) {
  for (const char* interim :
       {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        "HTTP/1.1 102 X\r\n\r\nHTTP/1.1 199 Y\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nH",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n", "H",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"}) {
    EXPECT_EQ(WhyBroken(interim), "closed within the reply") << interim;
  }
  EXPECT_EQ(WhyBroken(""), "closed without a reply");
}

TEST(ReplyReader, InterimRepliesAreBoundedInNumberAndBytes) {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::string final = HttpReply(409, "no");
  EXPECT_EQ(OutcomeOf(Times(interim, kMostInterimReplies) + final), Outcome::kFailure);
  EXPECT_EQ(WhyBroken(Times(interim, kMostInterimReplies + 1) + final),
            "malformed reply: too many interim replies");
  const std::string large =
      "HTTP/1.1 103 X\r\nLink: " + std::string(kMaxInterimBytes / 2, 'x') + "\r\n\r\n";
  EXPECT_EQ(OutcomeOf(large + final), Outcome::kFailure);
  EXPECT_EQ(WhyBroken(large + large + final), "malformed reply: too many interim replies");
}

TEST(ReplyReader, AStatusThatIsNoneIsNoInterimReply) {
  for (const char* status : {"000", "001", "099"}) {
    EXPECT_TRUE(WhyBroken("HTTP/1.1 " + std::string(status) + " X\r\n\r\n" + HttpReply(200, ""))
                    .starts_with("malformed"));
  }
}

TEST(ReplyReader, AStatusLineMayEndAfterItsNumber) {
  EXPECT_EQ(OutcomeOf("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), Outcome::kSuccess);
  EXPECT_EQ(OutcomeOf("HTTP/1.1 100\r\n\r\nHTTP/1.1 409\r\n\r\n"), Outcome::kFailure);
  EXPECT_EQ(OutcomeOf("HTTP/1.0 425\r\n\r\n"), Outcome::kOngoing);
  EXPECT_TRUE(WhyBroken("HTTP/1.1 20\r\n\r\n").starts_with("malformed"));
  EXPECT_TRUE(WhyBroken("HTTP/1.1 000\r\n\r\n").starts_with("malformed"));
}

TEST(ReplyReader, BodiesOfChunksMayComeInAnyPieces) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(OutcomeOf(head + "0\r\n\r\n"), Outcome::kSuccess);
  EXPECT_EQ(OutcomeOf(head + "0;a=b\r\nX: y\r\n\r\n"), Outcome::kSuccess);
  EXPECT_EQ(OutcomeOf(head + Chunked("FAILURE", 1)), Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(head + Chunked("FAILURE", 3)), Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(head + "3\r\nFAI\r\n4;x=y\r\nLURE\r\n0\r\nContent-Encoding: br\r\n\r\n"),
            Outcome::kFailure);
}

TEST(ReplyReader, OnlyAReplyReadWholeLetsItsConnectionBeUsedAgain) {
  const auto keeps = [](const std::string& bytes) {
    ReplyReader reader(kKept);
    EXPECT_EQ(Feed(reader, bytes, bytes.size()), State::kDone) << bytes;
    return reader.keep_alive();
  };
  EXPECT_TRUE(keeps(HttpReply(200, "x")));
  EXPECT_TRUE(keeps("HTTP/1.1 100 Continue\r\n\r\n" + HttpReply(200, "x")));
  EXPECT_FALSE(keeps(HttpReply(200, "x") + "y")) << "more than a reply";
  EXPECT_FALSE(keeps(HttpReply(200, "x", "Connection: close\r\n")));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\n\r\nx"));
  EXPECT_FALSE(keeps("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  EXPECT_FALSE(keeps(HttpReply(200, std::string(kKept + 1, 'x'))));
}

TEST(ReplyReader, ALineWithoutAnEndIsBroken) {
  EXPECT_TRUE(WhyBroken("HTTP/1.1 200 " + std::string(100'000, 'x')).starts_with("malformed"));
  EXPECT_TRUE(
      WhyBroken("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')).starts_with("malformed"));
  EXPECT_TRUE(WhyBroken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                        std::string(100'000, 'x'))
                  .starts_with("malformed"));
}

// --- Codings ---------------------------------------------------------------------------------

struct Packed {
  const char* headers;
  std::string body;
};

std::vector<Packed> Refusals() {
  const std::string no = R"({"dtm_result":"FAILURE"})";
  return {
      {"Content-Encoding: gzip\r\n", Gzip(no)},
      {"Content-Encoding: x-gzip\r\n", Gzip(no)},
      {"content-encoding: GZIP\r\n", Gzip(no)},
      {"Content-Encoding: gzip\r\n", Gzip(no.substr(0, 9)) + Gzip(no.substr(9))},
      {"Content-Encoding: gzip\r\n", Gzip("") + Gzip(no) + Gzip("")},
      {"Content-Encoding: deflate\r\n", Deflate(no)},
      {"Content-Encoding: deflate\r\n", BareDeflate(no)},
      {"Content-Encoding: gzip, gzip\r\n", Gzip(Gzip(no))},
      {"Content-Encoding: deflate, gzip\r\n", Gzip(Deflate(no))},
      {"Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n", BareDeflate(Gzip(no))},
      {"Content-Encoding: gzip\r\nContent-Encoding: identity\r\n", Gzip(no)},
      {"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", Gzip(no)},
      {"Content-Encoding: identity, , gzip\r\n", Gzip(no)},
      {"Content-Encoding: identity\r\n", no},
      {"Content-Encoding:\r\n", no},
  };
}

TEST(ReplyReader, ARefusalIsUnderstoodThroughEveryCodingThatCanBeUndone) {
  for (const Packed& packed : Refusals()) {
    SCOPED_TRACE(packed.headers);
    EXPECT_EQ(OutcomeOf(HttpReply(200, packed.body, packed.headers)), Outcome::kFailure);
    EXPECT_EQ(OutcomeOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" +
                        std::string(packed.headers) + "\r\n" + Chunked(packed.body)),
              Outcome::kFailure);
    EXPECT_EQ(OutcomeOf("HTTP/1.1 200 OK\r\n" + std::string(packed.headers) + "\r\n" + packed.body),
              Outcome::kFailure);
  }
}

TEST(ReplyReader, ATransferMayBePackedToo) {
  const std::string no = R"({"dtm_result":"FAILURE"})";
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(OutcomeOf(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n" + Chunked(Gzip(no))),
            Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(ok + "Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked\r\n\r\n" +
                      Chunked(Gzip(no))),
            Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(ok + "Transfer-Encoding: gzip\r\n\r\n" + Gzip(no)), Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(ok + "Content-Encoding: deflate\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" +
                      Chunked(Gzip(Deflate(no)))),
            Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(ok + "Transfer-Encoding: chunked, gzip\r\n\r\n" + Gzip(Chunked(no))),
            Outcome::kUnknown);
  EXPECT_EQ(OutcomeOf(ok + "Transfer-Encoding: compress, chunked\r\n\r\n" + Chunked("whatever")),
            Outcome::kUnknown);
}

std::vector<Packed> Unreadables() {
  const std::string no = "FAILURE";
  const std::string long_no = std::string(5'000, 'x') + no;
  return {
      {"Content-Encoding: br\r\n", "\x0b\x03\x80 what brotli makes of it"},
      {"Content-Encoding: zstd\r\n", "(\xb5/\xfd what zstd makes of it"},
      {"Content-Encoding: compress\r\n", "x"},
      {"Content-Encoding: gzip, br\r\n", Gzip(no)},
      {"Content-Encoding: br, gzip\r\n", Gzip(no)},
      {"Content-Encoding: br\r\nContent-Encoding: gzip\r\n", Gzip(no)},
      {"Content-Encoding: gzip, gzip, gzip\r\n", Gzip(Gzip(Gzip(no)))},
      {"Content-Encoding: gzip;q=1\r\n", Gzip(no)},
      {"Content-Encoding: gzip\r\n", "no gzip at all"},
      {"Content-Encoding: gzip\r\n", Deflate(no)},
      {"Content-Encoding: gzip\r\n", Gzip(no).substr(0, 12)},
      {"Content-Encoding: gzip\r\n", Gzip(no).substr(0, Gzip(no).size() - 1)},
      {"Content-Encoding: gzip\r\n", Gzip("fine") + "and something else"},
      {"Content-Encoding: gzip\r\n", Gzip("fine") + Gzip(no).substr(0, 9)},
      {"Content-Encoding: gzip, gzip\r\n", Gzip(Gzip(long_no).substr(0, 20))},
      {"Content-Encoding: deflate\r\n", Deflate(no) + "x"},
      {"Content-Encoding: deflate\r\n", "x"},
      {"Content-Encoding: deflate\r\n", Deflate(no).substr(0, 5)},
      {"Content-Encoding: deflate\r\n", Gzip(no)},
      {"Content-Type: application/json; charset=UTF-16LE\r\n", std::string("F\0A\0I\0L\0", 8)},
      {"", std::string("F\0A\0I\0L\0", 8)},
      {"", std::string("\0{\0\"\0d", 6)},
      {"", std::string("\xff\xfe{\0", 4)},
      {"", std::string("\xfe\xff\0{", 4)},
      {"", std::string("\0\0\0{\0\0\0}", 8)},
  };
}

TEST(ReplyReader, WhatCannotBeReadIsNoSuccess) {
  for (const Packed& packed : Unreadables()) {
    SCOPED_TRACE(packed.headers);
    EXPECT_EQ(OutcomeOf(HttpReply(200, packed.body, packed.headers)), Outcome::kUnknown);
    EXPECT_EQ(OutcomeOf(HttpReply(500, packed.body, packed.headers)), Outcome::kUnknown);
    EXPECT_EQ(OutcomeOf(HttpReply(409, packed.body, packed.headers)), Outcome::kFailure);
    EXPECT_EQ(OutcomeOf(HttpReply(425, packed.body, packed.headers)), Outcome::kOngoing);
    EXPECT_EQ(OutcomeOf(HttpReply(200, "", packed.headers)), Outcome::kSuccess) << "nothing in it";
  }
}

TEST(ReplyReader, ABodyThatCannotBeReadIsNamedButNotShown) {
  ReplyReader reader(kKept);
  Feed(reader, HttpReply(409, "\x01secret", "Content-Encoding: br\r\n"), 1'000);
  const BranchReply reply = MapReply(reader.status(), reader.body(), Words::kAnywhere, {});
  EXPECT_EQ(reply.text, "status 409, the body is packed in a way that cannot be undone");
}

TEST(ReplyReader, UnpackingCostsAtMostSoMuch) {
  const std::string gzip = "Content-Encoding: gzip\r\n";
  // Blanks decide nothing, and are not all looked at.
  EXPECT_EQ(OutcomeOf(HttpReply(200, Gzip(std::string(10'000'000, ' ')), gzip)), Outcome::kSuccess);
  // An object is searched, but not for ever.
  const std::string bomb = Gzip("{\"a\":\"" + std::string(50'000'000, ' '));
  ASSERT_LT(bomb.size(), 60'000U);
  EXPECT_EQ(OutcomeOf(HttpReply(200, bomb, gzip)), Outcome::kUnknown);
  EXPECT_EQ(OutcomeOf(HttpReply(409, bomb, gzip)), Outcome::kFailure);
  // Twice packed, there is next to nothing to send.
  const std::string tiny = Gzip(bomb);
  ASSERT_LT(tiny.size(), 3'000U);
  EXPECT_EQ(OutcomeOf(HttpReply(200, tiny, "Content-Encoding: gzip, gzip\r\n")), Outcome::kUnknown);
  // Members that hold nothing.
  EXPECT_EQ(OutcomeOf(HttpReply(200, Times(Gzip(""), 1'000) + Gzip("FAILURE"), gzip)),
            Outcome::kFailure);
  EXPECT_EQ(OutcomeOf(HttpReply(200, Times(Gzip(""), 20'000) + Gzip("FAILURE"), gzip)),
            Outcome::kUnknown);
}

// --- Long bodies -----------------------------------------------------------------------------

TEST(ReplyReader, TheResultOfALongObjectIsFoundWhereverItStands) {
  const std::string filler = "\"data\":\"" + std::string(200'000, 'x') + "\"";
  const std::string nested =
      R"("a":{"dtm_result":"FAILURE","b":[1,{"dtm_result":"FAILURE"}]},"c\"":"dtm_result",)";
  const struct {
    std::string body;
    Outcome outcome;
  } kLines[] = {
      {"{" + filler + R"(,"dtm_result":"FAILURE"})", Outcome::kFailure},
      {"{" + filler + R"(,"dtm_result":"ONGOING"})", Outcome::kOngoing},
      {"{" + filler + R"(,"dtm_result":"SUCCESS"})", Outcome::kSuccess},
      {R"({"dtm_result":"FAILURE",)" + filler + "}", Outcome::kFailure},
      {R"({"dtm_result":"SUCCESS","x":"FAILURE",)" + filler + "}", Outcome::kSuccess},
      {R"({"dtm_result":"SUCCESS",)" + filler + R"(,"dtm_result":"FAILURE"})", Outcome::kFailure},
      {"{" + filler + R"(,"dtm\u005fresult" : "FAIL\u0055RE"})", Outcome::kFailure},
      {"\xef\xbb\xbf \r\n{" + filler + R"(,"dtm_result":"FAILURE"})", Outcome::kFailure},
      {"{" + filler + "}", Outcome::kSuccess},
      {"{" + filler + "," + nested + "\"d\":1}", Outcome::kSuccess},
      {"{" + filler + R"(,"dtm_result":7})", Outcome::kSuccess},
      {"{" + filler + R"(,"dtm_result_of":"FAILURE"})", Outcome::kSuccess},
      {"[" + filler + "]", Outcome::kSuccess},
      {std::string(200'000, 'x') + "FAILURE", Outcome::kSuccess},
  };
  for (const auto& line : kLines) {
    SCOPED_TRACE(line.body.substr(0, 40) + "..." + line.body.substr(line.body.size() - 40));
    EXPECT_EQ(OutcomeOf(HttpReply(200, line.body)), line.outcome);
    EXPECT_EQ(OutcomeOf(HttpReply(200, Gzip(line.body), "Content-Encoding: gzip\r\n")),
              line.outcome);
  }
}

TEST(ReplyReader, ALongObjectThatDoesNotEndIsNoSuccess) {
  const std::string endless = "{\"data\":\"" + std::string(kMaxSearchedBytes + 2 * kKept, 'x');
  EXPECT_EQ(OutcomeOf(HttpReply(200, endless + "\"}")), Outcome::kUnknown);
  EXPECT_EQ(OutcomeOf(HttpReply(409, endless + "\"}")), Outcome::kFailure);
  EXPECT_EQ(WhyBroken("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{\"d\":\"" +
                      std::string(100'000, 'x')),
            "closed within the reply");
}

}  // namespace
}  // namespace treaty::test
