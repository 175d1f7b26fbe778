#include "participant/grpc/grpc_result.h"

#include <charconv>
#include <cstdint>
#include <string>

#include "participant/reason_text.h"

namespace treaty {
namespace {

constexpr int kOk = 0;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kAborted = 10;
constexpr int kUnavailable = 14;
constexpr int kConflict = 409;
constexpr int kTooEarly = 425;

// What the library says of replies that it would not take. A participant that says the same has as
// little of an answer.
std::string_view BeyondLimits(int code, std::string_view message) {
  if (code != kResourceExhausted) return "";
  if (message.find("metadata size exceeds") != std::string_view::npos) {
    return ": the reply's text or metadata is longer than 1 MiB";
  }
  const bool long_message = message.find("essage larger than max") != std::string_view::npos;
  return long_message ? ": the reply is longer than Calls.MaxGrpcReplyBytes" : "";
}

}  // namespace

BranchReply MapGrpcStatus(int code, std::string_view message) {
  std::string account = "gRPC status " + std::to_string(code);
  if (code == kOk) return {Outcome::kSuccess, {}};
  account += BeyondLimits(code, message);
  const bool old_ongoing = code == kAborted && message == "ONGOING";  // Before DTM 1.10.
  if (old_ongoing || code == kFailedPrecondition || code == kTooEarly) {
    return {Outcome::kOngoing, std::move(account)};
  }
  // Mostly of the library, about a connection that broke.
  if (code == kUnavailable && !message.empty()) account += ": " + ReasonText(message);
  if (code != kAborted && code != kConflict) return {Outcome::kUnknown, std::move(account)};
  return {Outcome::kFailure, message.empty() ? std::move(account) : ReasonText(message)};
}

Duration PushbackOf(const std::multimap<grpc::string_ref, grpc::string_ref>& trailers) {
  const auto found = trailers.find("grpc-retry-pushback-ms");
  if (found == trailers.end()) return Duration(0);
  const grpc::string_ref text = found->second;
  std::int32_t millis = 0;
  const auto parsed = std::from_chars(text.begin(), text.end(), millis);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.end();
  return Duration(whole && millis > 0 ? millis : 0);
}

}  // namespace treaty
