// A submission is encoded once, and where the digits of its gid are is remembered.

#include <dtmgimp/dtm.pb.h>

#include <random>

#include "grpc_load_generator.h"

namespace treaty::bench {
namespace {

constexpr std::size_t kDigits = 10;

std::string RandomPrefix() {
  std::random_device device;
  return "load-" + std::to_string(device()) + "-";
}

std::string Steps(const GrpcLoadOptions& options) {
  const std::string step = R"({"action":")" + options.participant + options.action +
                           R"(","compensate":")" + options.participant + options.compensate + "\"}";
  std::string out = "[";
  for (int i = 0; i < options.branches; ++i) out += (i == 0 ? "" : ",") + step;
  return out + "]";
}

}  // namespace

GrpcSubmission::GrpcSubmission(const GrpcLoadOptions& options) {
  const std::string gid = RandomPrefix() + std::string(kDigits, '0');
  dtmgimp::DtmRequest request;
  request.set_gid(gid);
  request.set_transtype("saga");
  request.set_steps(Steps(options));
  request.mutable_transoptions()->set_waitresult(options.wait_result);
  if (options.concurrent) request.set_customeddata(R"({"concurrent":true})");
  const std::string payload(static_cast<std::size_t>(options.payload_bytes), 'x');
  for (int i = 0; i < options.branches; ++i) request.add_binpayloads(payload);
  message_ = request.SerializeAsString();
  digits_at_ = message_.find(gid) + gid.size() - kDigits;
}

grpc::ByteBuffer GrpcSubmission::Message(std::uint64_t number) {
  for (std::size_t i = kDigits; i-- > 0; number /= 10) {
    message_[digits_at_ + i] = static_cast<char>('0' + number % 10);
  }
  const grpc::Slice slice(message_);
  return {&slice, 1};
}

}  // namespace treaty::bench
