// The least engine there can be: stores at once, calls at once.

#include "core/scenario.h"

#include <algorithm>

namespace treaty {
namespace {

std::string Seconds(Time time) {
  const auto ms = (time - kStart).count();
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text + "s";
}

}  // namespace

Scenario::Scenario(std::uint32_t steps, Model model) {
  body_.gid = "g1";
  body_.model = model;
  body_.query_prepared = "http://q";
  for (std::uint32_t i = 1; i <= steps; ++i) {
    const std::string n = std::to_string(i);
    body_.steps.push_back({"http://a/" + n, "http://c/" + n, "payload " + n});
  }
}

Scenario& Scenario::Order(std::uint32_t earlier, std::uint32_t later) {
  terms_.after.resize(body_.steps.size());
  terms_.after[later - 1].push_back({earlier - 1});
  return *this;
}

Scenario& Scenario::Prepare() {
  exists_ = true;
  txn_ = model::Create(std::make_shared<Body>(body_), std::make_shared<Terms>(terms_),
                       TxnStatus::kPrepared, now_);
  Note("prepare", Durability::kDurable);
  return *this;
}

Scenario& Scenario::Submit() {
  if (exists_) {
    Decide("submit", Submitted{});
    return *this;
  }
  exists_ = true;
  txn_ = model::Create(std::make_shared<Body>(body_), std::make_shared<Terms>(terms_),
                       TxnStatus::kSubmitted, now_);
  Note("submit", Durability::kDurable);
  return *this;
}

Scenario& Scenario::SubmitWith(Terms terms) {
  Decide("submit", Submitted{std::make_shared<Terms>(std::move(terms))});
  return *this;
}

Scenario& Scenario::Abort() {
  Decide("abort", Aborted{"changed my mind"});
  return *this;
}

Scenario& Scenario::Register(std::uint32_t number, BranchStatus outcome) {
  const std::string n = std::to_string(number);
  Step step{"http://a/" + n, "http://c/" + n, "payload " + n, "0" + n};
  if (body_.model == Model::kWorkflow) step = {"", "", "result " + n, "0" + n, "action"};
  Decide("register 0" + n, Registered{std::make_shared<Step>(std::move(step)), outcome});
  return *this;
}

Scenario& Scenario::EndWorkflow(TxnStatus end) {
  Decide("end " + std::string(Name(end)), WorkflowEnded{end, "", ""});
  return *this;
}

Scenario& Scenario::RetryAfter(std::chrono::seconds time) {
  retry_after_ = time;
  return *this;
}

Scenario& Scenario::ReplyQuery(Outcome outcome, std::string text) {
  ReplyTo({kNoBranch, Op::kQuery}, outcome, std::move(text));
  return *this;
}

Scenario& Scenario::Reply(std::uint32_t step, Op op, Outcome outcome, std::string text) {
  ReplyTo({{step - 1}, op}, outcome, std::move(text));
  return *this;
}

void Scenario::ReplyTo(const Call& call, Outcome outcome, std::string text) {
  std::erase(in_flight_, call);
  Decide(NameOf(call) + " " + std::string(Name(outcome)),
         Replied{call.branch, call.op, outcome, std::move(text), in_flight_.empty(),
                 std::exchange(retry_after_, Duration(0))});
}

std::string Scenario::NameOf(const Call& call) const {
  return BranchId(txn_, call.branch) + "/" + std::string(OpName(body_.model, call.op));
}

Scenario& Scenario::Pass(std::chrono::seconds time) {
  now_ += time;
  return *this;
}

Scenario& Scenario::Tick() {
  Decide("tick " + Seconds(now_), Ticked{});
  return *this;
}

Scenario& Scenario::ForceStop(std::string who, std::string why) {
  Decide("force", ForceStopped{std::move(who), std::move(why)});
  return *this;
}

Scenario& Scenario::ResetDue() {
  Decide("reset due", DueReset{});
  return *this;
}

Scenario& Scenario::Reload() {
  txn_ = stored_;
  in_flight_.clear();
  model::Loaded(txn_, now_, policy_);
  model::LeaveBehind(txn_);
  Note("reload", Durability::kDurable);
  return *this;
}

Scenario& Scenario::Jitter(double factor) {
  jitter_ = factor;
  return *this;
}

std::string Scenario::Branches() const {
  std::string text;
  for (const Branch& branch : txn_.branches) {
    text += text.empty() ? "[" : ",";
    text += std::string(Name(branch.compensate)) + "," + std::string(Name(branch.action));
  }
  return text + "]";
}

void Scenario::Decide(const std::string& what, decltype(Event::what) event) {
  Decision decision = model::Apply(txn_, {now_, jitter_, std::move(event)}, policy_);
  txn_ = std::move(decision.next);
  Note(what, decision.durability);
}

void Scenario::Note(const std::string& what, Durability durability) {
  if (durability == Durability::kDurable) stored_ = txn_;
  transcript_ += what + " -> " + std::string(Name(txn_.status));
  if (durability == Durability::kUnchanged) transcript_ += " (unchanged)";
  if (durability == Durability::kBehind) transcript_ += " (behind)";
  if (txn_.backoff > 0) transcript_ += " k=" + std::to_string(txn_.backoff);

  const Duties duties = model::Plan(txn_, now_, policy_);
  std::string calls;
  for (const Call& call : duties.calls) {
    const auto same_branch = [&](const Call& other) { return other.branch == call.branch; };
    if (std::ranges::any_of(in_flight_, same_branch)) continue;
    model::MarkCalled(txn_, call);
    in_flight_.push_back(call);
    calls += " " + NameOf(call);
  }
  if (!calls.empty()) transcript_ += "  call" + calls;
  if (duties.wake != kNever) {
    transcript_ += "  wake " + (duties.wake <= now_ ? "now" : Seconds(duties.wake));
  }
  transcript_ += "\n";
}

}  // namespace treaty
