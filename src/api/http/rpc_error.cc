// The verdicts have codes of their own; mistakes of the client are told from all else.

#include "api/http/rpc_error.h"

#include <chrono>
#include <string>

#include "api/http/reply.h"
#include "api/texts.h"
#include "wire/txn_reply.h"
#include "wire/txn_request.h"

namespace treaty::api {
namespace {

using wire::RpcCode;
using wire::RpcError;

RpcError Busy(std::string_view message, const HandlerConfig& config) {
  RpcError error{RpcCode::kOther, wire::PlainText(message), 503};
  error.retry_after = std::chrono::ceil<std::chrono::seconds>(config.retry_after);
  return error;
}

}  // namespace

RpcError RpcErrorOf(const Answer& answer, const HandlerConfig& config) {
  switch (answer.kind) {
    case Answer::Kind::kFailure:
      return {RpcCode::kFailure, wire::FailureText(answer.message)};
    case Answer::Kind::kOngoing:
      if (config.wait_result_409) return {RpcCode::kFailure, kOngoing409Text};
      return {RpcCode::kOngoing, kOngoingText};
    case Answer::Kind::kInvalid:
    case Answer::Kind::kNotFound:
      return {RpcCode::kInvalidParams, wire::PlainText(answer.message)};
    case Answer::Kind::kRecorded:
    case Answer::Kind::kEnded:
      return {RpcCode::kOther, wire::PlainText(answer.message), 412};
    case Answer::Kind::kBroken:
      return {RpcCode::kOther, wire::PlainText(answer.message), 500};
    case Answer::Kind::kSuccess:
    case Answer::Kind::kOverloaded:
    case Answer::Kind::kUnavailable:
      break;
  }
  return Busy(answer.message, config);
}

RpcError RefusalOf(const Status& status, const HandlerConfig& config) {
  if (status.code() == Code::kResourceExhausted) return Busy(status.message(), config);
  return {RpcCode::kInvalidParams, wire::PlainText(status.message())};
}

RpcError UnknownMethod(std::string_view name) {
  return {RpcCode::kUnknownMethod,
          wire::PlainText("Method not found: " + wire::Quoted(name) +
                          "; use newGid, prepare, submit, abort, registerBranch or "
                          "prepareWorkflow")};
}

}  // namespace treaty::api
