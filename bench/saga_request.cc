// A request whose gid ends in a fixed number of digits, so that counting up patches them.

#include "saga_request.h"

#include <algorithm>
#include <random>

namespace treaty::bench {
namespace {

constexpr std::size_t kDigits = 10;

std::string RandomPrefix() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device device;
  std::string out = "load-";
  for (int i = 0; i < 8; ++i) out += kLetters.at(device() % kLetters.size());
  return out + "-";
}

std::string Steps(const LoadOptions& options) {
  const std::string step = R"({"action":")" + options.participant + options.action +
                           R"(","compensate":")" + options.participant + options.compensate +
                           R"("})";
  const std::string payload =
      R"("{\"v\":\")" +
      std::string(static_cast<std::size_t>(std::max(options.payload_bytes, 0)), 'x') + R"(\"}")";
  std::string steps;
  std::string payloads;
  for (int i = 0; i < options.branches; ++i) {
    const char* const comma = i == 0 ? "" : ",";
    steps += comma + step;
    payloads += comma + payload;
  }
  return R"("steps":[)" + steps + R"(],"payloads":[)" + payloads + "]";
}

std::string Settings(const LoadOptions& options) {
  std::string out;
  if (options.wait_result) out += R"(,"wait_result":true)";
  if (options.concurrent) out += R"(,"custom_data":"{\"concurrent\":true}")";
  if (options.update_branch_sync) {
    out += R"(,"update_branch_sync":)" + std::to_string(*options.update_branch_sync);
  }
  if (options.retry_interval > 0) {
    out += R"(,"retry_interval":)" + std::to_string(options.retry_interval);
  }
  if (options.request_timeout > 0) {
    out += R"(,"request_timeout":)" + std::to_string(options.request_timeout);
  }
  return out;
}

}  // namespace

SagaRequest::SagaRequest(const LoadOptions& options, const Address& to) {
  const std::string prefix = options.gid_prefix.empty() ? RandomPrefix() : options.gid_prefix;
  const std::string before = R"({"gid":")" + prefix;
  const std::string after = R"(","trans_type":"saga",)" + Steps(options) + Settings(options) + "}";
  const std::size_t length = before.size() + kDigits + after.size();
  text_ = "POST " + (to.path.empty() ? "/" : to.path) + " HTTP/1.1\r\nHost: " + to.host + ":" +
          std::to_string(to.port) +
          "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(length) +
          "\r\n\r\n" + before;
  digits_at_ = text_.size();
  text_ += std::string(kDigits, '0') + after;
}

const std::string& SagaRequest::Next() {
  std::uint64_t rest = ++counter_;
  for (std::size_t i = kDigits; i-- > 0; rest /= 10) {
    text_[digits_at_ + i] = static_cast<char>('0' + rest % 10);
  }
  return text_;
}

}  // namespace treaty::bench
