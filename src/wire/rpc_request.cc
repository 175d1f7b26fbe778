// Envelopes are taken apart, not parsed: an id of any size goes back with the bytes it came with.

#include "wire/rpc_request.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "wire/json_parts.h"
#include "wire/json_reader.h"
#include "wire/json_text.h"

namespace treaty::wire {
namespace {

// Parameters may be as deep as an HTTP body, inside a request inside a batch.
constexpr std::size_t kEnvelopeDepth = kMaxDepth + 2;

RpcError ParseError(const std::string& detail) {
  return {RpcCode::kParseError, "Parse json error: " + detail};
}

RpcError BadRequest(const std::string& detail) {
  return {RpcCode::kInvalidRequest, "Bad json request: " + detail};
}

bool IsString(std::string_view value) { return value.starts_with('"'); }

bool IsNumber(std::string_view value) {
  return !value.empty() && (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
}

bool IsId(std::string_view value) {
  return IsNumber(value) || (IsString(value) && value != R"("")");
}

enum Key : std::size_t { kVersion, kMethod, kParams, kId, kKeyCount };
using Envelope = std::array<std::string_view, kKeyCount>;  // Values; empty: absent or null.

void Keep(std::string_view key, std::string_view value, Envelope& envelope) {
  constexpr std::array<std::string_view, kKeyCount> kNames = {"jsonrpc", "method", "params", "id"};
  if (value == "null") return;
  const std::string name = JsonStringText(key);
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    if (EqualNoCase(name, kNames[i])) envelope[i] = value;
  }
}

std::optional<RpcError> CheckEnvelope(const Envelope& envelope) {
  if (envelope[kId].empty())
    return BadRequest("id is missing; every request is answered by its id");
  if (!IsId(envelope[kId])) return BadRequest("id must be a number, or a string that is not empty");
  if (!IsString(envelope[kVersion]) || JsonStringText(envelope[kVersion]) != "2.0") {
    return BadRequest(R"(jsonrpc must be "2.0")");
  }
  if (!IsString(envelope[kMethod])) return BadRequest("method must be a string");
  return std::nullopt;
}

// One request of `text`, which may still turn out not to be JSON.
RpcRequest ReadRequest(std::string_view text) {
  JsonParts parts(text, kEnvelopeDepth);
  Envelope envelope;
  while (parts.Next()) {
    if (parts.kind() == JsonParts::Kind::kObject) Keep(parts.key(), parts.value(), envelope);
  }
  RpcRequest request;
  if (IsId(envelope[kId])) request.id = envelope[kId];
  if (!parts.mistake().empty()) {
    request.trouble = ParseError("not valid JSON, or nested too deep, " + parts.mistake());
  } else if (parts.kind() != JsonParts::Kind::kObject) {
    request.trouble = BadRequest("a request is an object");
  } else {
    request.trouble = CheckEnvelope(envelope);
  }
  if (request.trouble) return request;
  request.method = JsonStringText(envelope[kMethod]);
  request.params = envelope[kParams];
  return request;
}

RpcBody Refused(RpcError error) {
  RpcRequest request;
  request.trouble = std::move(error);
  return {false, {std::move(request)}};
}

RpcBody ReadBatch(std::string_view body, std::size_t most_requests) {
  JsonParts parts(body, kEnvelopeDepth);
  std::vector<std::string_view> items;
  while (parts.Next()) {
    if (items.size() <= most_requests) items.push_back(parts.value());
  }
  if (!parts.mistake().empty()) {
    return Refused(ParseError("not valid JSON, or nested too deep, " + parts.mistake()));
  }
  if (items.empty()) return Refused(BadRequest("the batch is empty"));
  if (items.size() > most_requests) {
    return Refused(BadRequest("too many requests in the batch; at most " +
                              std::to_string(most_requests) + " (Limits.RpcBatch)"));
  }
  RpcBody batch{true, {}};
  batch.requests.reserve(items.size());
  for (const std::string_view item : items) batch.requests.push_back(ReadRequest(item));
  return batch;
}

}  // namespace

RpcBody ReadRpcBody(std::string_view body, std::size_t most_requests) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Refused(ParseError("the body is empty"));
  }
  if (!simdjson::validate_utf8(body.data(), body.size())) {
    return Refused(ParseError("the body is not valid UTF-8"));
  }
  if (JsonParts(body, kEnvelopeDepth).kind() == JsonParts::Kind::kList) {
    return ReadBatch(body, most_requests);
  }
  return {false, {ReadRequest(body)}};
}

std::string RpcResultReply(std::string_view id, std::string_view result) {
  std::string out;
  ObjectWriter object(out);
  object.Key("error") += "null";
  object.Key("id") += id;
  object.String("jsonrpc", "2.0");
  object.Key("result") += result;
  object.Close();
  return out;
}

std::string RpcErrorReply(std::string_view id, const RpcError& error) {
  std::string out;
  ObjectWriter object(out);
  ObjectWriter inner(object.Key("error"));
  inner.Number("code", static_cast<std::int32_t>(error.code));
  if (error.status != 0) {
    ObjectWriter data(inner.Key("data"));
    if (error.retry_after) data.Number("retry_after", error.retry_after->count());
    data.Number("status", error.status);
    data.Close();
  }
  inner.String("message", error.message);
  inner.Close();
  object.Key("id") += id.empty() ? "null" : id;
  object.String("jsonrpc", "2.0");
  object.Close();
  return out;
}

}  // namespace treaty::wire
