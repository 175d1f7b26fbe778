// Payloads are taken apart and joined again as text: numbers keep their digits.

#include "wire/rpc_call.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "wire/json_parts.h"
#include "wire/json_reader.h"
#include "wire/json_text.h"

namespace treaty::wire {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Empty, or nothing but null.
bool IsNothing(std::string_view payload) {
  const std::size_t begin = payload.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return true;
  const std::size_t end = payload.find_last_not_of(kBlanks);
  return payload.substr(begin, end - begin + 1) == "null";
}

bool IsOurs(std::string_view key) {
  constexpr std::array<std::string_view, 4> kNames = {"gid", "trans_type", "branch_id", "op"};
  return std::ranges::find(kNames, JsonStringText(key)) != kNames.end();
}

// Adds the payload's members to `params`, each with a comma behind it; false: it is no object.
bool AppendMembers(std::string_view payload, std::string& params) {
  if (IsNothing(payload)) return true;
  JsonParts parts(payload, kMaxDepth);
  if (parts.kind() != JsonParts::Kind::kObject) return false;
  while (parts.Next()) {
    if (!IsOurs(parts.key())) params.append(parts.key()).append(":").append(parts.value()) += ',';
  }
  const bool whole = parts.rest().find_first_not_of(kBlanks) == std::string_view::npos;
  return whole && parts.mistake().empty();
}

Status NoObject() {
  return {
      Code::kInvalidArgument,
      "the payload of a JSON-RPC target must be a JSON object, null or empty; it becomes params"};
}

}  // namespace

bool IsRpcTarget(std::string_view protocol, std::string_view url) {
  return protocol == "json-rpc" && url.find("method") != std::string_view::npos && IsHttpUrl(url);
}

std::string RpcMethodOf(const Url& url) { return FirstParameter(url, "method"); }

Status CheckRpcUrl(const Url& url) {
  if (!RpcMethodOf(url).empty()) return {};
  return {Code::kInvalidArgument,
          "a URL that contains the text \"method\" is called by JSON-RPC and needs a parameter "
          "?method=... that names one"};
}

Status CheckRpcPayload(std::string_view payload) {
  std::string members;
  if (!simdjson::validate_utf8(payload.data(), payload.size())) return NoObject();
  return AppendMembers(payload, members) ? Status{} : NoObject();
}

Result<std::string> WriteRpcCall(const RpcCall& call) {
  std::string out;
  out.reserve(call.payload.size() + 256);
  ObjectWriter object(out);
  object.String("id", call.id);
  object.String("jsonrpc", "2.0");
  object.String("method", call.method);
  object.Key("params") += '{';
  if (!AppendMembers(call.payload, out)) return NoObject();
  const std::array<std::pair<std::string_view, std::string_view>, 4> ours = {
      {{"branch_id", call.branch_id},
       {"gid", call.gid},
       {"op", call.op},
       {"trans_type", call.trans_type}}};
  for (const auto& [name, value] : ours) {
    out.append(name == "branch_id" ? "\"" : ",\"").append(name).append("\":");
    AppendString(out, value);
  }
  out += '}';
  object.Close();
  return out;
}

}  // namespace treaty::wire
