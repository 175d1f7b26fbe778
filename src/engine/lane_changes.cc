// The clients' and operators' requests about transactions that exist.

#include <string>
#include <utility>

#include "base/canary.h"
#include "core/repeats.h"
#include "engine/lane.h"

namespace treaty {
namespace {

constexpr Duration kCountAgainDelay = std::chrono::seconds(1);

// Whether the branches of `txn` may carry this one's payload too.
bool HasRoomFor(const Txn& txn, const Step& step, std::size_t most) {
  std::size_t bytes = step.payload.size();
  for (const auto& known : txn.registered) bytes += known->payload.size();
  return bytes <= most;
}

Answer TooLargeTogether(std::size_t most) {
  return {Answer::Kind::kInvalid, "the data of all branches is too large together; at most " +
                                      std::to_string(most) + " bytes (Limits.PayloadTotalBytes)"};
}

}  // namespace

void Lane::PrepareWorkflow(TxnRequest request, Engine::RecordFn done) {
  const std::shared_ptr<const Body> body = request.body;
  const Engine::AnswerFn refuse = [done](Answer answer) { done(std::move(answer), {}); };
  WithNew(*body, refuse, [this, request = std::move(request), done](Entry& entry) {
    return RunPrepareWorkflow(entry, request, done);
  });
}

Ruled Lane::RunPrepareWorkflow(Entry& entry, const TxnRequest& request,
                               const Engine::RecordFn& done) {
  if (!entry.trouble.ok()) {
    return Ruled::Answered([done, trouble = entry.trouble] { done(StoreTrouble(trouble), {}); });
  }
  const auto show = [&entry] { return StoredTxn{entry.txn, 0, "", entry.wake}; };
  if (entry.knowledge == Entry::Knowledge::kPresent) {
    const Ruling ruling = RuleOnPrepareWorkflow(entry.txn, request);
    return Ruled::Answered([done, show, answer = ruling.answer] {
      const bool known = answer.kind == Answer::Kind::kSuccess;
      done(answer, known ? std::optional(show()) : std::nullopt);
    });
  }
  entry.acks.push_back([done, show](const Status& status) {
    if (!status.ok()) return done(StoreTrouble(status), {});
    done({}, show());
  });
  return Insert(entry, request, TxnStatus::kPrepared);
}

void Lane::Abort(AbortRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.gid;
  WithKnown(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    return RunAbort(entry, request, answer);
  });
}

Ruled Lane::RunAbort(Entry& entry, const AbortRequest& request, const Engine::AnswerFn& answer) {
  if (auto why = WhyNotThere(entry, UnknownGid(entry.gid)))
    return Answered(answer, *std::move(why));
  const Waiter waiter{answer, true};
  const bool waits = request.wait_result || entry.txn.terms->wait_result;
  const Ruling ruling = RuleOnAbort(entry.txn, request);
  if (auto why = WhyNotApplied(entry, ruling, waiter, waits)) return *std::move(why);
  AwaitOrAnswerLater(entry, waiter, waits);
  return ApplyThen(entry, Aborted{request.reason});
}

void Lane::Register(RegisterRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.gid;
  WithKnown(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    return RunRegister(entry, request, answer);
  });
}

Ruled Lane::RunRegister(Entry& entry, const RegisterRequest& request,
                        const Engine::AnswerFn& answer) {
  const Answer unknown = UnknownForRegister(entry.gid, request.model);
  if (auto why = WhyNotThere(entry, unknown)) return Answered(answer, *std::move(why));
  const EngineLimits& limits = shared_.config.limits;
  const Ruling ruling = RuleOnRegister(entry.txn, request, limits.branches);
  if (auto why = WhyNotApplied(entry, ruling, {answer}, false)) return *std::move(why);
  if (!HasRoomFor(entry.txn, *request.step, limits.branch_bytes)) {
    return Answered(answer, TooLargeTogether(limits.branch_bytes));
  }
  entry.acks.push_back(AnswerWhenStored(answer));
  return ApplyThen(entry, Registered{request.step, request.outcome});
}

void Lane::EndWorkflow(WorkflowEndRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.gid;
  WithKnown(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    return RunEndWorkflow(entry, request, answer);
  });
}

Ruled Lane::RunEndWorkflow(Entry& entry, const WorkflowEndRequest& request,
                           const Engine::AnswerFn& answer) {
  const Answer unknown = UnknownForSubmit(entry.gid, Model::kWorkflow);
  if (auto why = WhyNotThere(entry, unknown)) return Answered(answer, *std::move(why));
  const Ruling ruling = RuleOnWorkflowEnd(entry.txn, request);
  if (auto why = WhyNotApplied(entry, ruling, {answer}, false)) return *std::move(why);
  entry.acks.push_back(AnswerWhenStored(answer));
  return ApplyThen(entry, request.end);
}

void Lane::ForceStop(std::string gid, ForceStopped event, Engine::AnswerFn answer) {
  WithRecord(gid, [this, event = std::move(event), answer = std::move(answer)](Entry& entry) {
    return RunForceStop(entry, event, answer);
  });
}

// It ends even one in quarantine.
Ruled Lane::RunForceStop(Entry& entry, const ForceStopped& event, const Engine::AnswerFn& answer) {
  if (auto why = WhyNotThere(entry, UnknownGid(entry.gid)))
    return Answered(answer, *std::move(why));
  const Ruling ruling = RuleOnForceStop(entry.txn);
  if (ruling.kind != Ruling::Kind::kApply) return *WhyNotApplied(entry, ruling, {answer}, false);
  entry.acks.push_back([this, gid = entry.gid, who = event.who,
                        tell = AnswerWhenStored(answer)](const Status& status) {
    if (status.ok()) shared_.log->Write(LogLevel::kWarn, gid, "forced to failed by " + who);
    tell(status);
  });
  return ApplyThen(entry, event);
}

void Lane::ResetDue(std::string gid, std::function<void(Result<ResetOutcome>)> done) {
  using Reset = Result<ResetOutcome>;
  WithRecord(gid, [this, done = std::move(done)](Entry& entry) {
    const auto tell = [&done](Reset reset) {
      return Ruled::Answered([done, reset = std::move(reset)] { done(reset); });
    };
    if (!entry.trouble.ok()) return tell(entry.trouble);
    if (entry.knowledge != Entry::Knowledge::kPresent) return tell(ResetOutcome::kAbsent);
    if (!TakeEvent(entry, MakeEvent(DueReset{}), false)) return tell(ResetOutcome::kUnchanged);
    entry.acks.push_back([done](const Status& status) {
      done(status.ok() ? Reset(ResetOutcome::kReset) : Reset(status));
    });
    return Ruled::Staged();
  });
}

void Lane::CountCrash(const std::string& gid, std::function<void()> counted) {
  uncounted_.emplace(gid, std::move(counted));
  ReadUncounted(gid);
}

// Until it has been read and counted, by whoever reads it.
void Lane::ReadUncounted(const std::string& gid) {
  if (!uncounted_.contains(gid)) return;
  WithRecord(gid, [](Entry&) { return Ruled::Answered([] {}); });
  ports_.loop->After(kCountAgainDelay, [this, gid] { ReadUncounted(gid); });
}

// The first thing that is done with a record that was read.
void Lane::CountNow(Entry& entry) {
  auto uncounted = uncounted_.extract(entry.gid);
  if (uncounted.empty()) return;
  const bool counts = entry.knowledge == Entry::Knowledge::kPresent && !entry.txn.IsFinished() &&
                      !entry.txn.IsQuarantined() && !canary::Armed(canary::Canary::kNoQuarantine);
  if (!counts) return uncounted.mapped()();
  entry.counted = std::move(uncounted.mapped());
  entry.inbox.emplace(entry.inbox.begin(), MakeEvent(Crashed{}));
}

}  // namespace treaty
