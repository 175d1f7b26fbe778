// What a lane tells the operator about a transaction that does not get on.

#include <string>
#include <string_view>

#include "engine/lane.h"

namespace treaty {
namespace {

// Who is called, without the path: that may say what is not for a log.
std::string_view DestinationOf(std::string_view url) {
  constexpr std::string_view kScheme = "://";
  const std::size_t scheme = url.find(kScheme);
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + kScheme.size();
  return url.substr(0, url.find_first_of("/?", host));
}

std::string_view UrlOf(const Txn& txn, const Replied& reply) {
  if (reply.branch == kNoBranch) return txn.body->query_prepared;
  return treaty::UrlOf(txn, reply.branch.value, reply.op);
}

const std::string& WordsOf(const Txn& txn, BranchIndex branch) {
  return branch == kNoBranch ? txn.last_outcome : txn.branches[branch.value].last_outcome;
}

// When it comes again, of one that waits.
std::string Next(const Txn& txn, Time now) {
  if (txn.due <= now) return {};
  const Duration left = txn.due - now;
  return "; again in " + std::to_string(left.count()) + " ms, back-off step " +
         std::to_string(txn.backoff);
}

}  // namespace

// One line per branch and step of back-off; of a branch that is at work, one until it says
// something else.
void Lane::LogWait(const Event& event, const Txn& before, const Txn& next) const {
  const auto* reply = std::get_if<Replied>(&event.what);
  if (reply == nullptr || reply->outcome == Outcome::kSuccess) return;
  const std::string& words = WordsOf(next, reply->branch);
  const bool same = reply->outcome == Outcome::kOngoing && words == WordsOf(before, reply->branch);
  if (words.empty() || same || !shared_.log->Enabled(LogLevel::kInfo)) return;
  std::string line = BranchId(next, reply->branch);
  line.append("/").append(OpName(next.body->model, reply->op)).append(" at ");
  line.append(DestinationOf(UrlOf(next, *reply))).append(": ").append(words);
  line.append(Next(next, event.now));
  shared_.log->Write(LogLevel::kInfo, next.gid(), line);
}

}  // namespace treaty
