// Which URLs are called by JSON-RPC, and what such a call says (protocol §4.4).

#include "wire/rpc_call.h"

#include <gtest/gtest.h>

#include <string>

namespace treaty::wire {
namespace {

TEST(RpcTarget, IsAUrlWithTheTextMethodInATransactionOfTheProtocol) {
  EXPECT_TRUE(IsRpcTarget("json-rpc", "http://bank/rpc?method=out"));
  EXPECT_TRUE(IsRpcTarget("json-rpc", "http://bank/method"));
  EXPECT_FALSE(IsRpcTarget("json-rpc", "http://bank/rpc?Method=out"));
  EXPECT_FALSE(IsRpcTarget("json-rpc", "http://bank/out"));
  EXPECT_FALSE(IsRpcTarget("http", "http://bank/rpc?method=out"));
  EXPECT_FALSE(IsRpcTarget("json-rpc", ""));
}

std::string MethodOf(const std::string& url) {
  const auto parsed = ParseUrl(url, "http");
  EXPECT_TRUE(parsed.ok()) << url;
  return RpcMethodOf(*parsed);
}

TEST(RpcTarget, NamesTheMethodInItsQuery) {
  EXPECT_EQ(MethodOf("http://bank/rpc?method=out"), "out");
  EXPECT_EQ(MethodOf("http://bank?a=b&method=a%2Fb%20c+d&method=e"), "a/b c d");
  EXPECT_EQ(MethodOf("http://bank/?%6dethod=out"), "out");
  EXPECT_EQ(MethodOf("http://bank/?method=a=b"), "a=b");
  for (const char* without : {"http://bank/method", "http://bank/?method",
                              "http://bank/?method=", "http://bank/?methods=x",
                              "http://bank/?a=method", "http://method/"}) {
    EXPECT_EQ(MethodOf(without), "") << without;
    EXPECT_FALSE(CheckRpcUrl(*ParseUrl(without, "http")).ok()) << without;
  }
  EXPECT_TRUE(CheckRpcUrl(*ParseUrl("http://bank/?method=x", "http")).ok());
}

std::string CallWith(std::string_view payload) {
  const auto body = WriteRpcCall({.id = "7",
                                  .method = "a\"b",
                                  .payload = payload,
                                  .gid = "g-1",
                                  .trans_type = "saga",
                                  .branch_id = "01",
                                  .op = "action"});
  return body.ok() ? *body : "refused";
}

// The body of a call whose params begin with `members`.
std::string Body(const std::string& members) {
  return R"({"id":"7","jsonrpc":"2.0","method":"a\"b","params":{)" + members +
         R"("branch_id":"01","gid":"g-1","op":"action","trans_type":"saga"}})";
}

TEST(RpcCall, AddsTheTransactionToThePayloadsMembers) {
  EXPECT_EQ(CallWith(R"({"n":1})"), Body(R"("n":1,)"));
  EXPECT_EQ(CallWith(" {\n\"n\" : 1 , \"l\":[ 1, {}] }\n"), Body(R"("n":1,"l":[ 1, {}],)"));
  for (const char* nothing : {"", " ", "null", " null\n", "{}", " { } "}) {
    EXPECT_EQ(CallWith(nothing), Body("")) << nothing;
  }
}

TEST(RpcCall, KeepsTheDigitsOfNumbersAndTheBytesOfStrings) {
  const std::string members =
      R"("a":123456789012345678901234567890.10,"b":-0,"c":1e400,"d":"\u00e4\/ä",)";
  EXPECT_EQ(CallWith("{" + members + R"("e":0})"), Body(members + R"("e":0,)"));
}

TEST(RpcCall, TheTransactionsMembersReplaceThePayloads) {
  EXPECT_EQ(CallWith(R"({"gid":"x","n":1,"op":{},"\u0062ranch_id":2,"trans_type":[],"Gid":3})"),
            Body(R"("n":1,"Gid":3,)"));
}

TEST(RpcCall, RefusesPayloadsThatAreNoObject) {
  for (const char* payload : {"[]", "[{}]", "1", "\"x\"", "true", "x", "{", "{\"a\":1", "{} {}",
                              "{},", "nullx", "{\"a\":tru}", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(CheckRpcPayload(payload).ok()) << payload;
  }
  EXPECT_EQ(CallWith("[]"), "refused");
  EXPECT_EQ(CallWith("{\"a\":1"), "refused");
  EXPECT_FALSE(CheckRpcPayload("{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}").ok());
  for (const char* payload : {"", "null", "{}", R"({"a":{"b":[1]}})"}) {
    EXPECT_TRUE(CheckRpcPayload(payload).ok()) << payload;
  }
}

}  // namespace
}  // namespace treaty::wire
