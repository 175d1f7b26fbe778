// The clients' requests: how each finds its record and what it makes of it.
//
// A prepare or submit takes the gid for new and inserts: that is right nearly always and costs
// no read. If the gid is taken after all, the record is read and the request runs again on it.

#include <utility>

#include "base/canary.h"
#include "core/repeats.h"
#include "core/saga.h"
#include "engine/lane.h"

namespace treaty {

Answer StoreTrouble(const Status& status) {
  return {Answer::Kind::kUnavailable, "the store could not serve the request: " + status.message()};
}

namespace {

// Answers once the change is durable, or says that the store could not do it.
std::function<void(Status)> AnswerWhenStored(const Engine::AnswerFn& answer) {
  return [answer](const Status& status) { answer(status.ok() ? Answer{} : StoreTrouble(status)); };
}

}  // namespace

Entry& Lane::NewEntry(const std::string& gid) {
  auto& slot = entries_[gid];
  slot = std::make_unique<Entry>();
  slot->gid = gid;
  shared_.live_txns.fetch_add(1, std::memory_order_relaxed);
  return *slot;
}

bool Lane::HasRoom(const Engine::AnswerFn& answer) const {
  const EngineLimits& limits = shared_.config.limits;
  const char* reached = nullptr;
  if (shared_.live_txns.load(std::memory_order_relaxed) >= limits.live_txns) {
    reached = "too many transactions in progress; try again later";
  } else if (shared_.committer.pending() >= limits.queued_writes) {
    reached = "too many writes are waiting for the store; try again later";
  }
  if (reached != nullptr) answer({Answer::Kind::kOverloaded, reached});
  return reached == nullptr;
}

// Runs `request` on the live copy, or on a record taken for absent.
void Lane::WithNew(const std::string& gid, const Engine::AnswerFn& answer, RequestFn request) {
  const auto found = entries_.find(gid);
  if (found == entries_.end() && !HasRoom(answer)) return;
  Entry& entry = found == entries_.end() ? NewEntry(gid) : *found->second;
  entry.inbox.emplace_back(std::move(request));
  Advance(entry);
}

// Runs `request` on the live copy, or on the record once it has been read.
void Lane::WithRecord(const std::string& gid, RequestFn request) {
  const auto found = entries_.find(gid);
  Entry& entry = found == entries_.end() ? NewEntry(gid) : *found->second;
  entry.inbox.emplace_back(std::move(request));
  if (found != entries_.end()) return Advance(entry);
  LoadRecord(entry);
}

void Lane::Prepare(TxnRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.body->gid;
  WithNew(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    return RunPrepare(entry, request, answer);
  });
}

bool Lane::RunPrepare(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer) {
  if (!entry.trouble.ok()) {
    answer(StoreTrouble(entry.trouble));
    return false;
  }
  if (entry.knowledge == Entry::Knowledge::kPresent) {
    answer(RuleOnPrepare(entry.txn, request).answer);
    return false;
  }
  entry.inserting = [this, request, answer](Entry& found) {
    return RunPrepare(found, request, answer);
  };
  entry.acks.push_back(AnswerWhenStored(answer));
  TxnRequest prepared = request;
  auto body = std::make_shared<Body>(*request.body);
  body->prepared = true;
  prepared.body = std::move(body);
  return Insert(entry, prepared, TxnStatus::kPrepared);
}

void Lane::Submit(TxnRequest request, Engine::AnswerFn answer) {
  const std::string gid = request.body->gid;
  WithNew(gid, answer, [this, request = std::move(request), answer](Entry& entry) {
    return RunSubmit(entry, request, answer);
  });
}

bool Lane::RunSubmit(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer) {
  if (!entry.trouble.ok()) {
    answer(StoreTrouble(entry.trouble));
    return false;
  }
  if (entry.knowledge == Entry::Knowledge::kAbsent) {
    entry.inserting = [this, request, answer](Entry& found) {
      return RunSubmit(found, request, answer);
    };
    AwaitOrAnswerLater(entry, request, answer);
    return Insert(entry, request, TxnStatus::kSubmitted);
  }
  if (canary::Armed(canary::Canary::kResubmitRunsAgain)) {
    return Insert(entry, request, TxnStatus::kSubmitted);
  }
  const Ruling ruling = RuleOnSubmit(entry.txn, request);
  switch (ruling.kind) {
    case Ruling::Kind::kAnswer:
      answer(ruling.answer);
      return false;
    case Ruling::Kind::kAwait:
      if (request.terms->wait_result) {
        entry.waiters.push_back(answer);
      } else {
        answer({});
      }
      return false;
    case Ruling::Kind::kApply:
      break;
  }
  AwaitOrAnswerLater(entry, request, answer);
  return ApplyThen(entry, Submitted{SubmittedTerms(entry.txn.terms, request)});
}

// A waiting client hears the outcome, any other that its request is durable.
void Lane::AwaitOrAnswerLater(Entry& entry, const TxnRequest& request,
                              const Engine::AnswerFn& answer) {
  if (request.terms->wait_result) {
    entry.waiters.push_back(answer);
  } else {
    entry.acks.push_back(AnswerWhenStored(answer));
  }
}

bool Lane::Insert(Entry& entry, const TxnRequest& request, TxnStatus status) {
  entry.next = saga::Create(request.body, request.terms, status, shared_.Now());
  return true;
}

// Applies an event that has an effect on every transaction in the present state; returns true.
bool Lane::ApplyThen(Entry& entry, decltype(Event::what) what) {
  const bool staged = TakeEvent(entry, MakeEvent(std::move(what)), false);
  if (!staged) Acknowledge(entry);
  return staged;
}

void Lane::Abort(std::string gid, Engine::AnswerFn answer) {
  WithRecord(gid, [answer = std::move(answer)](Entry& entry) {
    if (!entry.trouble.ok()) {
      answer(StoreTrouble(entry.trouble));
    } else if (entry.knowledge == Entry::Knowledge::kAbsent) {
      answer(UnknownGid(entry.gid));
    } else {
      answer(RuleOnAbort(entry.txn).answer);
    }
    return false;
  });
}

void Lane::ForceStop(std::string gid, ForceStopped event, Engine::AnswerFn answer) {
  WithRecord(gid, [this, event = std::move(event), answer = std::move(answer)](Entry& entry) {
    return RunForceStop(entry, event, answer);
  });
}

bool Lane::RunForceStop(Entry& entry, const ForceStopped& event, const Engine::AnswerFn& answer) {
  if (!entry.trouble.ok()) {
    answer(StoreTrouble(entry.trouble));
    return false;
  }
  if (entry.knowledge == Entry::Knowledge::kAbsent) {
    answer(UnknownGid(entry.gid));
    return false;
  }
  const Ruling ruling = RuleOnForceStop(entry.txn);
  if (ruling.kind == Ruling::Kind::kAnswer) {
    answer(ruling.answer);
    return false;
  }
  shared_.log->Write(LogLevel::kWarn, entry.gid, "forced to failed by " + event.who);
  entry.acks.push_back(AnswerWhenStored(answer));
  return ApplyThen(entry, event);
}

void Lane::ResetDue(std::string gid, std::function<void(Result<bool>)> done) {
  WithRecord(gid, [this, done = std::move(done)](Entry& entry) {
    const bool present = entry.knowledge == Entry::Knowledge::kPresent;
    if (!entry.trouble.ok() || !present) {
      done(entry.trouble.ok() ? Result<bool>(false) : Result<bool>(entry.trouble));
      return false;
    }
    entry.acks.push_back([done](const Status& status) {
      done(status.ok() ? Result<bool>(true) : Result<bool>(status));
    });
    return ApplyThen(entry, DueReset{});
  });
}

void Lane::Adopt(std::string gid, std::function<void(bool)> settled) {
  WithRecord(gid, [settled = std::move(settled)](Entry& entry) {
    settled(entry.trouble.ok() || entry.trouble.code() == Code::kDataLoss);
    return false;
  });
}

}  // namespace treaty
