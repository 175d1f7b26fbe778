// The least engine there can be: stores at once, calls at once.

#include "core/saga_scenario.h"

#include <algorithm>

namespace treaty {
namespace {

std::string NameOf(const Call& call) {
  return BranchId(call.branch) + "/" + std::string(OpName(Model::kSaga, call.op));
}

std::string Seconds(Time time) {
  const auto ms = (time - kStart).count();
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text + "s";
}

}  // namespace

SagaScenario::SagaScenario(std::uint32_t steps) {
  body_.gid = "g1";
  for (std::uint32_t i = 1; i <= steps; ++i) {
    const std::string n = std::to_string(i);
    body_.steps.push_back({"http://a/" + n, "http://c/" + n, "payload " + n});
  }
}

SagaScenario& SagaScenario::Order(std::uint32_t earlier, std::uint32_t later) {
  terms_.after.resize(body_.steps.size());
  terms_.after[later - 1].push_back({earlier - 1});
  return *this;
}

SagaScenario& SagaScenario::Prepare() {
  exists_ = true;
  txn_ = saga::Create(std::make_shared<Body>(body_), std::make_shared<Terms>(terms_),
                      TxnStatus::kPrepared, now_);
  Note("prepare", Durability::kDurable);
  return *this;
}

SagaScenario& SagaScenario::Submit() {
  if (exists_) {
    Decide("submit", Submitted{});
    return *this;
  }
  exists_ = true;
  txn_ = saga::Create(std::make_shared<Body>(body_), std::make_shared<Terms>(terms_),
                      TxnStatus::kSubmitted, now_);
  Note("submit", Durability::kDurable);
  return *this;
}

SagaScenario& SagaScenario::SubmitWith(Terms terms) {
  Decide("submit", Submitted{std::make_shared<Terms>(std::move(terms))});
  return *this;
}

SagaScenario& SagaScenario::Reply(std::uint32_t step, Op op, Outcome outcome, std::string text) {
  const Call call{{step - 1}, op};
  std::erase(in_flight_, call);
  Decide(NameOf(call) + " " + std::string(Name(outcome)),
         Replied{call.branch, op, outcome, std::move(text), in_flight_.empty()});
  return *this;
}

SagaScenario& SagaScenario::Pass(std::chrono::seconds time) {
  now_ += time;
  return *this;
}

SagaScenario& SagaScenario::Tick() {
  Decide("tick " + Seconds(now_), Ticked{});
  return *this;
}

SagaScenario& SagaScenario::ForceStop(std::string who, std::string why) {
  Decide("force", ForceStopped{std::move(who), std::move(why)});
  return *this;
}

SagaScenario& SagaScenario::ResetDue() {
  Decide("reset due", DueReset{});
  return *this;
}

SagaScenario& SagaScenario::Reload() {
  txn_ = stored_;
  in_flight_.clear();
  saga::Loaded(txn_, now_, policy_);
  Note("reload", Durability::kDurable);
  return *this;
}

SagaScenario& SagaScenario::Jitter(double factor) {
  jitter_ = factor;
  return *this;
}

std::string SagaScenario::Branches() const {
  std::string text;
  for (const Branch& branch : txn_.branches) {
    text += text.empty() ? "[" : ",";
    text += std::string(Name(branch.compensate)) + "," + std::string(Name(branch.action));
  }
  return text + "]";
}

void SagaScenario::Decide(const std::string& what, decltype(Event::what) event) {
  Decision decision = saga::Apply(txn_, {now_, jitter_, std::move(event)}, policy_);
  txn_ = std::move(decision.next);
  Note(what, decision.durability);
}

void SagaScenario::Note(const std::string& what, Durability durability) {
  if (durability == Durability::kDurable) stored_ = txn_;
  transcript_ += what + " -> " + std::string(Name(txn_.status));
  if (durability == Durability::kUnchanged) transcript_ += " (unchanged)";
  if (durability == Durability::kBehind) transcript_ += " (behind)";
  if (txn_.backoff > 0) transcript_ += " k=" + std::to_string(txn_.backoff);

  const Duties duties = saga::Plan(txn_, now_, policy_);
  std::string calls;
  for (const Call& call : duties.calls) {
    const auto same_branch = [&](const Call& other) { return other.branch == call.branch; };
    if (std::ranges::any_of(in_flight_, same_branch)) continue;
    if (call.op == Op::kAction) saga::MarkCalled(txn_, call.branch);
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
