#include "api/grpc/grpc_status.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "api/texts.h"
#include "wire/txn_reply.h"

namespace treaty::api {
namespace {

using grpc::StatusCode;

// Clients take 8 KiB of metadata, in which anything but printable ASCII is written as %XX.
constexpr std::size_t kMostEncoded = 4'096;

std::size_t EncodedBytes(char c) { return c >= ' ' && c <= '~' && c != '%' ? 1 : 3; }

// Cut at the begin of a code point.
std::string Cut(std::string_view text) {
  std::size_t encoded = 0;
  std::size_t end = 0;
  while (end < text.size() && (encoded += EncodedBytes(text[end])) <= kMostEncoded) ++end;
  if (end == text.size()) return std::string(text);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

grpc::Status Plain(StatusCode code, std::string_view message) {
  return {code, wire::PlainText(Cut(message))};
}

grpc::Status Failure(std::string_view message) {
  return {StatusCode::ABORTED, wire::FailureText(Cut(message))};
}

}  // namespace

grpc::Status AnswerStatus(const Answer& answer, bool wait_result_409) {
  switch (answer.kind) {
    case Answer::Kind::kSuccess:
      return grpc::Status::OK;
    case Answer::Kind::kFailure:
      return Failure(answer.message);
    case Answer::Kind::kOngoing:
      if (wait_result_409) return {StatusCode::ABORTED, kOngoing409Text};
      return {StatusCode::FAILED_PRECONDITION, kOngoingText};
    case Answer::Kind::kRecorded:
      return Plain(StatusCode::ALREADY_EXISTS, answer.message);
    case Answer::Kind::kEnded:
      return Plain(StatusCode::FAILED_PRECONDITION, answer.message);
    case Answer::Kind::kInvalid:
      return Plain(StatusCode::INVALID_ARGUMENT, answer.message);
    case Answer::Kind::kNotFound:
      return Plain(StatusCode::NOT_FOUND, answer.message);
    case Answer::Kind::kBroken:
      return Plain(StatusCode::DATA_LOSS, answer.message);
    case Answer::Kind::kOverloaded:
      return Plain(StatusCode::RESOURCE_EXHAUSTED, answer.message);
    case Answer::Kind::kUnavailable:
      break;
  }
  return Plain(StatusCode::UNAVAILABLE, answer.message);
}

grpc::Status GrpcStatusOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return grpc::Status::OK;
    case Code::kInvalidArgument:
      return Plain(StatusCode::INVALID_ARGUMENT, status.message());
    case Code::kNotFound:
      return Plain(StatusCode::NOT_FOUND, status.message());
    case Code::kResourceExhausted:
      return Plain(StatusCode::RESOURCE_EXHAUSTED, status.message());
    case Code::kDataLoss:
    case Code::kInternal:
      return Plain(StatusCode::DATA_LOSS, status.message());
    default:
      return Plain(StatusCode::UNAVAILABLE, status.message());
  }
}

bool IsBusy(const grpc::Status& status) {
  return status.error_code() == StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == StatusCode::UNAVAILABLE;
}

}  // namespace treaty::api
