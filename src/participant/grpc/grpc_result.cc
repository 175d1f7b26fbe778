#include "participant/grpc/grpc_result.h"

#include <string>

#include "participant/reason_text.h"

namespace treaty {
namespace {

constexpr int kOk = 0;
constexpr int kFailedPrecondition = 9;
constexpr int kAborted = 10;
constexpr int kUnavailable = 14;
constexpr int kConflict = 409;
constexpr int kTooEarly = 425;

}  // namespace

BranchReply MapGrpcStatus(int code, std::string_view message) {
  std::string account = "gRPC status " + std::to_string(code);
  if (code == kOk) return {Outcome::kSuccess, {}};
  const bool old_ongoing = code == kAborted && message == "ONGOING";  // Before DTM 1.10.
  if (old_ongoing || code == kFailedPrecondition || code == kTooEarly) {
    return {Outcome::kOngoing, std::move(account)};
  }
  // Mostly of the library, about a connection that broke.
  if (code == kUnavailable && !message.empty()) account += ": " + ReasonText(message);
  if (code != kAborted && code != kConflict) return {Outcome::kUnknown, std::move(account)};
  return {Outcome::kFailure, message.empty() ? std::move(account) : ReasonText(message)};
}

}  // namespace treaty
