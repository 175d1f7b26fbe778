// Requests whose gid ends in a fixed number of digits, so that counting up patches them.

#include "conversation.h"

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

// A message goes one way.
std::string Steps(const LoadOptions& options) {
  std::string step = R"({"action":")" + options.participant + options.action + "\"";
  if (options.model == "saga") {
    step += R"(,"compensate":")" + options.participant + options.compensate + "\"";
  }
  step += "}";
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

std::string Member(const std::string& key, const std::string& value) {
  return ",\"" + key + "\":\"" + value + "\"";
}

// The branches of TCC, XA or a workflow, registered one by one.
std::string Branch(const LoadOptions& options, int number) {
  const std::string id = Member("branch_id", "0" + std::to_string(number));
  const std::string& to = options.participant;
  if (options.model == "xa") return id + Member("url", to + options.action);
  if (options.model == "workflow") {
    return id + Member("op", "action") + Member("status", "succeed") + Member("data", "result");
  }
  return id + Member("confirm", to + options.action) + Member("cancel", to + options.compensate) +
         Member("data", "payload");
}

}  // namespace

Conversation::Conversation(const LoadOptions& options, const Address& to)
    : to_(to),
      type_(options.model == "prepared-msg" ? "msg" : options.model),
      prefix_(options.gid_prefix.empty() ? RandomPrefix() : options.gid_prefix) {
  const std::string settings = Settings(options);
  const std::string asks = Member("query_prepared", options.participant + "/query");
  const bool registers = type_ == "tcc" || type_ == "xa" || type_ == "workflow";
  if (options.model == "prepared-msg") Add("prepare", "," + Steps(options) + asks + settings);
  if (type_ == "workflow") {
    Add("prepareWorkflow", asks + settings + R"(,"custom_data":"{\"name\":\"w\"}")");
  } else if (registers) {
    Add("prepare", settings);
  }
  for (int i = 1; registers && i <= options.branches; ++i) {
    Add("registerBranch", Branch(options, i));
  }
  if (type_ == "workflow") {
    Add("submit", R"(,"req_extra":{"status":"succeed"})");
  } else {
    Add("submit", registers ? settings : "," + Steps(options) + settings);
  }
}

void Conversation::Add(const std::string& action, const std::string& fields) {
  const std::string before = R"({"gid":")" + prefix_;
  const std::string after = "\"" + Member("trans_type", type_) + fields + "}";
  const std::size_t length = before.size() + kDigits + after.size();
  const std::string folder = to_.path.substr(0, to_.path.rfind('/') + 1);
  const std::string path = action == "submit" ? to_.path : folder + action;
  Template made;
  made.text = "POST " + (path.empty() ? "/" : path) + " HTTP/1.1\r\nHost: " + to_.host + ":" +
              std::to_string(to_.port) +
              "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(length) +
              "\r\n\r\n" + before;
  made.digits_at = made.text.size();
  made.text += std::string(kDigits, '0') + after;
  requests_.push_back(std::move(made));
}

const std::string& Conversation::Request(std::size_t stage, std::uint64_t number) {
  Template& request = requests_[stage];
  for (std::size_t i = kDigits; i-- > 0; number /= 10) {
    request.text[request.digits_at + i] = static_cast<char>('0' + number % 10);
  }
  return request.text;
}

}  // namespace treaty::bench
