// A global transaction as every layer sees it: plain values, no behaviour beyond lookups.
//
// A Txn has four parts. `body` is what the client submitted; it never changes. `terms` are the
// options; a submit after a prepare may replace them as a whole. The durable fields are what
// the store keeps and Apply changes. `live` is what only this process knows; a restart loses
// it, and core::Loaded makes up for that conservatively.

#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace treaty {

// The order is stored and never changes.
enum class Model : std::uint8_t { kSaga, kTcc, kXa, kMessage, kWorkflow };

enum class TxnStatus : std::uint8_t { kPrepared, kSubmitted, kAborting, kSucceed, kFailed };

enum class BranchStatus : std::uint8_t { kPrepared, kSucceed, kFailed };

// What a call is for. The wire's word depends on the model: see OpName.
enum class Op : std::uint8_t {
  kAction,      // The way forward: a saga's or message's action, confirm, commit.
  kCompensate,  // The way back: compensate, cancel, rollback.
  kQuery,       // Asks the client: a message's check-back, a workflow's resume. Has no branch.
};

// What a call to a participant came to. kUnknown covers everything that is not a definite
// answer: time-outs, broken connections, unexpected statuses. kNotSent: the participant cannot have
// seen the call, so it was no attempt: there was no room for it in time, or this machine lacked
// what it takes (descriptors, ports, memory, an address for the name).
enum class Outcome : std::uint8_t { kSuccess, kFailure, kOngoing, kUnknown, kNotSent };

// A branch by its place: of the body's steps, or of the registered ones. Counted from 0.
struct BranchIndex {
  std::uint32_t value = 0;
  auto operator<=>(const BranchIndex&) const = default;
};

// The place of a call that has no branch.
inline constexpr BranchIndex kNoBranch{0xFFFFFFFF};

// What is done for one branch, forward and backward.
struct Step {
  std::string action;      // URL (of Op::kAction); empty counts as done at once.
  std::string compensate;  // URL (of Op::kCompensate); empty counts as done at once.
  std::string payload;     // Bytes, passed on untouched to both. Of a workflow: the result.
  std::string id = {};     // The wire's branch id; empty: the number after the place ("01" is 0).
  std::string op = {};     // Of a recorded workflow step: the client's word.
  bool operator==(const Step&) const = default;
};

// One of those to whom a message goes, where a step of it names a topic.
struct Recipient {
  std::string url;
  std::string id;          // The wire's branch id.
  std::uint32_t step = 0;  // The place of the step with the payload.
  bool operator==(const Recipient&) const = default;
};

// What the client submitted: part 0 of the stored body.
struct Body {
  std::string gid;
  Model model = Model::kSaga;
  std::string protocol = "http";  // "http", "grpc" or "json-rpc".
  std::string query_prepared;
  std::vector<Step> steps;  // As sent.
  // Of a message with topics: what the steps stood for when it was first stored, in their order.
  // Empty: a branch per step.
  std::vector<Recipient> recipients = {};
  bool prepared = false;  // First stored by a prepare: its submit may carry only some fields.
};

// Whether the success of a branch is durable before the next call (design: branch progress).
enum class ProgressMode : std::uint8_t {
  kDurable,  // Every result is durable before the next call that depends on it.
  kBehind,   // Successes are written behind; the submit record is the intent of every step.
};

using Header = std::pair<std::string, std::string>;

// The options, with everything resolved from the request; zero means "the daemon's default".
struct Terms {
  bool wait_result = false;
  bool concurrent_option = false;  // The request's `concurrent`; without meaning for a saga.
  std::chrono::seconds timeout_to_fail{0};
  std::chrono::seconds request_timeout{0};
  std::chrono::seconds retry_interval{0};
  std::uint32_t retry_limit = 0;  // 0: retried without end.
  ProgressMode progress = ProgressMode::kDurable;
  std::vector<Header> branch_headers;  // As asked for.
  std::vector<Header> passed_headers;  // Copied from the submitting request.
  std::string custom_data;             // As received.
  // From custom_data, of a saga:
  bool concurrent = false;                      // Steps do not wait for the one before.
  std::vector<std::vector<BranchIndex>> after;  // Per step: those it waits for. Empty: no orders.
  // Of a message: the first delivery is not before `created` + `delay`.
  std::chrono::seconds delay{0};
  // Of a workflow: what it is resumed with.
  std::string workflow_name;
  std::string workflow_input;
};

// Progress of one branch. Of a recorded workflow step, `action` is the outcome that its client
// recorded and `action_time` when.
struct Branch {
  BranchStatus action = BranchStatus::kPrepared;
  BranchStatus compensate = BranchStatus::kPrepared;
  // A call of the action is under way or may have reached the participant. Stored with every write;
  // exact until a process crashes while it drives the transaction.
  bool called = false;
  // The last call in the present direction ended without a definite result: wait for Txn::due.
  bool tried = false;
  std::uint32_t attempts = 0;     // Unknown results of the action; what retry_limit counts.
  Time action_time = kNever;      // When the action's result was recorded.
  Time compensate_time = kNever;  // When the compensation's success was recorded.
  Time created = kNever;          // When it was registered; kNever: with the transaction.
  // What the last call by which it did not get on came to, in words, and what that was for.
  std::string last_outcome = {};
  Op last_op = Op::kAction;
  bool operator==(const Branch&) const = default;
};

// A forced end, visible for ever.
struct Force {
  std::string who;
  std::string why;
  Time when = kNever;
  bool operator==(const Force&) const = default;
};

inline constexpr std::uint32_t kMostDeaths = 3;

struct Live {
  // A round is under way in which an unknown result has already taken its back-off step.
  bool backed_off = false;
  // After a restart: no compensation of an unresolved step before this time, because a call
  // of the former process may still be under way.
  Time hold_until = kNever;
  // A participant that was too busy wants no branch called again before this time. The moment that
  // follows from it, Txn::due, is durable.
  Time not_before = kNever;
  bool operator==(const Live&) const = default;
};

struct Txn {
  std::shared_ptr<const Body> body;    // Never null. Shared: bodies are large and immutable.
  std::shared_ptr<const Terms> terms;  // Never null.

  // Durable.
  TxnStatus status = TxnStatus::kPrepared;
  std::vector<Branch> branches;  // One per step, of the body or registered, or per recipient.
  // Of TCC, XA and workflow, in the order of registration. Only ever grows.
  std::vector<std::shared_ptr<const Step>> registered;
  std::string rollback_reason;
  std::string result;
  std::uint32_t backoff = 0;  // k: unknown rounds in a row.
  Time created = kNever;
  Time updated = kNever;
  Time finished = kNever;    // When status became succeed or failed.
  Time due = kNever;         // When tried branches are called again; kNever: nothing waits.
  std::string last_outcome;  // Of asking the client, in words, as long as there is no answer.
  Force force;               // force.when is kNever unless it was forced.
  // How many processes in a row crashed while at work on it, without any progress in between.
  std::uint32_t deaths = 0;
  // While nobody owns the record, it names every step that was ever called. False in those that
  // versions before this promise have stored.
  bool names_called = true;
  std::uint64_t version = 0;  // Grows by one with every write; 0: not stored yet.

  Live live;

  const std::string& gid() const { return body->gid; }
  // The step that a branch belongs to. Of a recipient: with the payload, and the topic for a URL.
  const Step& step(std::size_t branch) const {
    if (!registered.empty()) return *registered[branch];
    return body->steps[body->recipients.empty() ? branch : body->recipients[branch].step];
  }
  // Set aside until an operator releases it with DueReset: driving it may kill the process again.
  bool IsQuarantined() const { return deaths >= kMostDeaths; }
  bool IsFinished() const { return status == TxnStatus::kSucceed || status == TxnStatus::kFailed; }
};

// The one table of legal status moves (reliability G3). Staying is legal while unfinished.
bool IsLegalMove(Model model, TxnStatus from, TxnStatus to, bool forced);

// The wire's words.
std::string_view Name(Model model);
std::string_view Name(TxnStatus status);
std::string_view Name(BranchStatus status);
std::string_view Name(Outcome outcome);

// Returns the wire's word for an operation; a workflow's resume goes by the workflow's own name.
std::string_view OpName(Model model, Op op);

// Returns the wire's branch id of a step: its own, else "01" for the first, three digits from
// the hundredth, and "00" for kNoBranch.
std::string BranchId(BranchIndex branch);
std::string BranchId(const Txn& txn, BranchIndex branch);

// The URL that is called for a branch.
const std::string& UrlOf(const Txn& txn, std::size_t branch, Op op);

// How many branches a transaction has from the beginning.
std::size_t CountBranches(const Body& body);

// The registered branch in the same place as `step` (id and op), else null.
const Step* FindRegistered(const Txn& txn, const Step& step);

// Whether branches are registered by the client one by one while the transaction is prepared.
bool TakesRegistrations(Model model);

}  // namespace treaty
