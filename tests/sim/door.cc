#include "sim/door.h"

#include <utility>

namespace treaty::sim {
namespace {

Answer::Kind KindOf(int status) {
  switch (status) {
    case 200:
      return Answer::Kind::kSuccess;
    case 409:
      return Answer::Kind::kFailure;
    case 425:
      return Answer::Kind::kOngoing;
    case 412:
      return Answer::Kind::kRecorded;
    case 404:
      return Answer::Kind::kNotFound;
    case 503:
      return Answer::Kind::kUnavailable;
    default:
      return Answer::Kind::kInvalid;
  }
}

std::string Quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

void AppendNumber(std::string& out, const char* name, std::int64_t number) {
  if (number != 0) out += std::string(",\"") + name + "\":" + std::to_string(number);
}

// {"orders":{"2":[0,1]},"concurrent":true}
std::string CustomData(const Terms& terms) {
  std::string out = R"({"orders":{)";
  const char* comma = "";
  for (std::size_t i = 0; i < terms.after.size(); ++i) {
    if (terms.after[i].empty()) continue;
    out += std::exchange(comma, ",") + Quote(std::to_string(i)) + ":[";
    const char* inner = "";
    for (const BranchIndex other : terms.after[i]) {
      out += std::exchange(inner, ",") + std::to_string(other.value);
    }
    out += "]";
  }
  return out + (terms.concurrent ? R"(},"concurrent":true})" : R"(},"concurrent":false})");
}

}  // namespace

std::string ToJson(const TxnRequest& request) {
  const Terms& terms = *request.terms;
  std::string steps;
  std::string payloads;
  for (const Step& step : request.body->steps) {
    if (!steps.empty()) steps += ",";
    if (!payloads.empty()) payloads += ",";
    steps +=
        "{\"action\":" + Quote(step.action) + ",\"compensate\":" + Quote(step.compensate) + "}";
    payloads += Quote(step.payload);
  }
  std::string out = "{\"gid\":" + Quote(request.body->gid) +
                    ",\"trans_type\":\"saga\",\"steps\":[" + steps + "],\"payloads\":[" + payloads +
                    "]";
  if (terms.wait_result) out += ",\"wait_result\":true";
  AppendNumber(out, "timeout_to_fail", terms.timeout_to_fail.count());
  AppendNumber(out, "request_timeout", terms.request_timeout.count());
  AppendNumber(out, "retry_interval", terms.retry_interval.count());
  AppendNumber(out, "retry_limit", terms.retry_limit);
  out += terms.progress == ProgressMode::kBehind ? R"(,"update_branch_sync":0)"
                                                 : R"(,"update_branch_sync":1)";
  if (terms.concurrent) out += ",\"custom_data\":" + Quote(CustomData(terms));
  return out + "}";
}

Door::Door(Engine& engine, const Clock& clock, Random& random)
    : handlers_({}, engine, clock, random) {}

void Door::Post(const std::string& action, std::string json, AnswerFn answer) {
  handlers_.Handle({"POST", "/api/dtmsvr/" + action, {}, std::move(json)}, "192.0.2.1",
                   [answer = std::move(answer)](const api::HttpReply& reply) {
                     answer({KindOf(reply.status), reply.body});
                   });
}

void Door::Send(const std::string& method, const std::string& target, AnswerFn answer) {
  handlers_.Handle({method, target, {}, ""}, "192.0.2.1",
                   [answer = std::move(answer)](const api::HttpReply& reply) {
                     answer({KindOf(reply.status), reply.body});
                   });
}

void Door::Query(const std::string& gid, std::function<void(const api::HttpReply&)> done) {
  handlers_.Handle({"GET", "/api/dtmsvr/query?gid=" + gid, {}, ""}, "192.0.2.1", std::move(done));
}

}  // namespace treaty::sim
