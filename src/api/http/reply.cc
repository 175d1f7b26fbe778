// The words SUCCESS, FAILURE and ONGOING appear where they are the verdict, nowhere else.

#include "api/http/reply.h"

#include <chrono>
#include <utility>

#include "api/texts.h"
#include "wire/txn_reply.h"

namespace treaty::api {
namespace {

HttpReply OngoingReply() {
  return {425, std::string(R"({"dtm_result":"ONGOING","message":")") + kOngoingText + R"("})",
          std::nullopt};
}

HttpReply BusyReply(std::string_view message, const HandlerConfig& config) {
  HttpReply reply = ErrorReply(503, message);
  reply.retry_after = std::chrono::ceil<std::chrono::seconds>(config.retry_after);
  return reply;
}

}  // namespace

HttpReply SuccessReply() { return {200, R"({"dtm_result":"SUCCESS"})", std::nullopt}; }

HttpReply JsonReply(std::string body) { return {200, std::move(body), std::nullopt}; }

HttpReply ErrorReply(int status, std::string_view message) {
  return {status, wire::MessageReply(message), std::nullopt};
}

HttpReply AnswerReply(const Answer& answer, const HandlerConfig& config) {
  switch (answer.kind) {
    case Answer::Kind::kSuccess:
      return SuccessReply();
    case Answer::Kind::kFailure:
      return {409, wire::FailureReply(answer.message), std::nullopt};
    case Answer::Kind::kOngoing:
      if (!config.wait_result_409) return OngoingReply();
      return {409, wire::FailureReply(kOngoing409Text), std::nullopt};
    case Answer::Kind::kRecorded:
    case Answer::Kind::kEnded:
      return ErrorReply(412, answer.message);
    case Answer::Kind::kInvalid:
      return ErrorReply(400, answer.message);
    case Answer::Kind::kNotFound:
      return ErrorReply(404, answer.message);
    case Answer::Kind::kBroken:
      return ErrorReply(500, answer.message);
    case Answer::Kind::kOverloaded:
    case Answer::Kind::kUnavailable:
      break;
  }
  return BusyReply(answer.message, config);
}

HttpReply StatusReply(const Status& status, const HandlerConfig& config) {
  switch (status.code()) {
    case Code::kInvalidArgument:
      return ErrorReply(400, status.message());
    case Code::kNotFound:
      return ErrorReply(404, status.message());
    case Code::kDataLoss:
    case Code::kInternal:
      return ErrorReply(500, status.message());
    default:
      return BusyReply(status.message(), config);
  }
}

}  // namespace treaty::api
