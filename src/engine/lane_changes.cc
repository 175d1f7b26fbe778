// The clients' and operators' requests about transactions that exist.

#include <string>
#include <utility>

#include "base/canary.h"
#include "core/repeats.h"
#include "engine/lane.h"

namespace treaty {
namespace {

constexpr Duration kCountAgainDelay = std::chrono::seconds(1);

// Whether the branches of `txn` may carry this one's payload too; otherwise the client is told.
bool HasRoomFor(const Txn& txn, const Step& step, std::size_t most,
                const Engine::AnswerFn& answer) {
  std::size_t bytes = step.payload.size();
  for (const auto& known : txn.registered) bytes += known->payload.size();
  if (bytes <= most) return true;
  answer({Answer::Kind::kInvalid, "the data of all branches is too large together; at most " +
                                      std::to_string(most) + " bytes (Limits.PayloadTotalBytes)"});
  return false;
}

}  // namespace

void Lane::PrepareWorkflow(TxnRequest request, Engine::RecordFn done) {
  const std::shared_ptr<const Body> body = request.body;
  const Engine::AnswerFn refuse = [done](Answer answer) { done(std::move(answer), {}); };
  WithNew(*body, refuse, [this, request = std::move(request), done](Entry& entry) {
    return RunPrepareWorkflow(entry, request, done);
  });
}

bool Lane::RunPrepareWorkflow(Entry& entry, const TxnRequest& request,
                              const Engine::RecordFn& done) {
  if (!entry.trouble.ok()) {
    done(StoreTrouble(entry.trouble), {});
    return false;
  }
  const auto show = [&entry] { return StoredTxn{entry.txn, 0, "", entry.wake}; };
  if (entry.knowledge == Entry::Knowledge::kPresent) {
    const Ruling ruling = RuleOnPrepareWorkflow(entry.txn, request);
    const bool known = ruling.answer.kind == Answer::Kind::kSuccess;
    done(ruling.answer, known ? std::optional(show()) : std::nullopt);
    return false;
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

bool Lane::RunAbort(Entry& entry, const AbortRequest& request, const Engine::AnswerFn& answer) {
  if (!IsThere(entry, answer, UnknownGid(entry.gid))) return false;
  const Waiter waiter{answer, true};
  const bool waits = request.wait_result || entry.txn.terms->wait_result;
  if (!IsToApply(entry, RuleOnAbort(entry.txn, request), waiter, waits)) return false;
  AwaitOrAnswerLater(entry, waiter, waits);
  return ApplyThen(entry, Aborted{request.reason});
}

void Lane::Register(RegisterRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.gid;
  WithKnown(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    if (!IsThere(entry, answer, UnknownForRegister(entry.gid, request.model))) return false;
    const EngineLimits& limits = shared_.config.limits;
    const Ruling ruling = RuleOnRegister(entry.txn, request, limits.branches);
    if (!IsToApply(entry, ruling, {answer}, false)) return false;
    if (!HasRoomFor(entry.txn, *request.step, limits.branch_bytes, answer)) return false;
    entry.acks.push_back(AnswerWhenStored(answer));
    return ApplyThen(entry, Registered{request.step, request.outcome});
  });
}

void Lane::EndWorkflow(WorkflowEndRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.gid;
  WithKnown(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    const Answer absent = UnknownForSubmit(entry.gid, Model::kWorkflow);
    if (!IsThere(entry, answer, absent)) return false;
    if (!IsToApply(entry, RuleOnWorkflowEnd(entry.txn, request), {answer}, false)) return false;
    entry.acks.push_back(AnswerWhenStored(answer));
    return ApplyThen(entry, request.end);
  });
}

void Lane::ForceStop(std::string gid, ForceStopped event, Engine::AnswerFn answer) {
  WithRecord(gid, [this, event = std::move(event), answer = std::move(answer)](Entry& entry) {
    if (!IsThere(entry, answer, UnknownGid(entry.gid))) return false;
    const Ruling ruling = RuleOnForceStop(entry.txn);
    const bool ends = ruling.kind == Ruling::Kind::kApply;  // Even one in quarantine.
    if (!ends && !IsToApply(entry, ruling, {answer}, false)) return false;
    shared_.log->Write(LogLevel::kWarn, entry.gid, "forced to failed by " + event.who);
    entry.acks.push_back(AnswerWhenStored(answer));
    return ApplyThen(entry, event);
  });
}

void Lane::ResetDue(std::string gid, std::function<void(Result<ResetOutcome>)> done) {
  using Reset = Result<ResetOutcome>;
  WithRecord(gid, [this, done = std::move(done)](Entry& entry) {
    const bool present = entry.knowledge == Entry::Knowledge::kPresent;
    if (!entry.trouble.ok() || !present) {
      done(entry.trouble.ok() ? Reset(ResetOutcome::kAbsent) : Reset(entry.trouble));
      return false;
    }
    if (!TakeEvent(entry, MakeEvent(DueReset{}), false)) {
      done(ResetOutcome::kUnchanged);
      return false;
    }
    entry.acks.push_back([done](const Status& status) {
      done(status.ok() ? Reset(ResetOutcome::kReset) : Reset(status));
    });
    return true;
  });
}

void Lane::CountCrash(const std::string& gid, std::function<void()> counted) {
  uncounted_.emplace(gid, std::move(counted));
  ReadUncounted(gid);
}

// Until it has been read and counted, by whoever reads it.
void Lane::ReadUncounted(const std::string& gid) {
  if (!uncounted_.contains(gid)) return;
  WithRecord(gid, [](Entry&) { return false; });
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
