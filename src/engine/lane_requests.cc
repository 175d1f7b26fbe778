// The clients' requests: how each finds its record and what it makes of it.
//
// A prepare or submit takes the gid for new and inserts: that is right nearly always and costs
// no read. If the gid is taken after all, the record is read and the request runs again on it.

#include <utility>

#include "base/canary.h"
#include "core/model.h"
#include "core/repeats.h"
#include "engine/lane.h"

namespace treaty {

Status Named(const Entry& entry, const Status& status) {
  const std::string name = "transaction " + entry.gid;
  if (status.ok() || status.message().find(name) != std::string::npos) return status;
  return {status.code(), status.message() + " (" + name + ")"};
}

// The words are those of PlainStore, or the engine's own.
Answer StoreTrouble(const Status& status) {
  const bool lasting = status.code() == Code::kDataLoss || status.code() == Code::kInternal;
  if (lasting) {
    return {
        Answer::Kind::kBroken,
        "the transaction cannot be used until an operator has looked at it: " + status.message()};
  }
  if (status.code() == Code::kInvalidArgument) {
    return {Answer::Kind::kBroken,
            "the request is too large for the store as it is set up; nothing was changed, and the "
            "same will fail again: " +
                status.message()};
  }
  return {Answer::Kind::kUnavailable, status.message()};
}

Answer TopicTrouble(const Status& status) {
  if (status.code() == Code::kInvalidArgument) return {Answer::Kind::kInvalid, status.message()};
  if (status.code() != Code::kDataLoss) return StoreTrouble(status);
  return {Answer::Kind::kBroken, status.message() + "; delete it and subscribe again"};
}

namespace {

// A mistake: the recipients are those of now.
void ExpandAgain(Txn& txn, const Body& asked) {
  if (asked.recipients.empty()) return;
  auto body = std::make_shared<Body>(*txn.body);
  body->recipients = asked.recipients;
  txn.body = std::move(body);
  txn.branches.resize(CountBranches(*txn.body));
}

// Whether a submit may be a transaction's first request: not where its branches would be missing.
// A message without steps is the second request of one that was prepared and is not known.
bool MayCreate(const Body& body) {
  if (canary::Armed(canary::Canary::kSubmitOfNothing)) return true;
  const bool incomplete = body.model == Model::kMessage && body.steps.empty();
  return !TakesRegistrations(body.model) && !incomplete;
}

}  // namespace

Ruled Answered(const Engine::AnswerFn& answer, Answer with) {
  return Ruled::Answered([answer, with = std::move(with)] { answer(with); });
}

std::function<void(Status)> AnswerWhenStored(const Engine::AnswerFn& answer) {
  return [answer](const Status& status) { answer(status.ok() ? Answer{} : StoreTrouble(status)); };
}

Entry& Lane::NewEntry(const std::string& gid) {
  auto& slot = entries_[gid];
  slot = std::make_unique<Entry>();
  slot->gid = gid;
  shared_.live_txns.fetch_add(1, std::memory_order_relaxed);
  return *slot;
}

// Runs `request` on the live copy, or on a record taken for absent.
void Lane::WithNew(const Body& body, const Engine::AnswerFn& answer, RequestFn request) {
  const auto found = entries_.find(body.gid);
  if (found == entries_.end() && !HasRoom(body, answer)) return;
  Entry& entry = found == entries_.end() ? NewEntry(body.gid) : *found->second;
  Queue(entry, std::move(request));
  Advance(entry);
}

void Lane::Queue(Entry& entry, RequestFn request) {
  entry.inbox.emplace_back(Request{std::move(request), asked_});
  if (asked_ != kNever) WatchForLate();
}

// A client's `request` about a transaction that may exist.
void Lane::WithKnown(const std::string& gid, const Engine::AnswerFn& answer, RequestFn request) {
  if (!entries_.contains(gid) && !HasRoomForKnown(answer)) return;
  WithRecord(gid, std::move(request));
}

// Runs `request` on the live copy, or on the record once it has been read.
void Lane::WithRecord(const std::string& gid, RequestFn request) {
  const auto found = entries_.find(gid);
  Entry& entry = found == entries_.end() ? NewEntry(gid) : *found->second;
  Queue(entry, std::move(request));
  if (found != entries_.end()) return Advance(entry);
  LoadRecord(entry);
}

// The answer where there is no record to work on.
std::optional<Answer> Lane::WhyNotThere(const Entry& entry, const Answer& absent) {
  if (!entry.trouble.ok()) return StoreTrouble(entry.trouble);
  if (entry.knowledge == Entry::Knowledge::kPresent) return std::nullopt;
  return absent;
}

// What a request comes to whose ruling is not to apply an event.
std::optional<Ruled> Lane::WhyNotApplied(Entry& entry, const Ruling& ruling, Waiter waiter,
                                         bool waits) {
  if (ruling.kind == Ruling::Kind::kApply && !entry.txn.IsQuarantined()) return std::nullopt;
  if (ruling.kind == Ruling::Kind::kApply) {
    return Answered(waiter.answer, {Answer::Kind::kUnavailable,
                                    "the transaction is quarantined; an operator releases it by "
                                    "resetNextCronTime"});
  }
  if (ruling.kind == Ruling::Kind::kAnswer) return Answered(waiter.answer, ruling.answer);
  if (!waits) return Answered(waiter.answer, {});
  return Ruled::Answered([&entry, waiter = std::move(waiter)] { entry.waiters.push_back(waiter); });
}

// A waiting client hears the outcome, any other that its request is durable.
void Lane::AwaitOrAnswerLater(Entry& entry, Waiter waiter, bool waits) {
  if (waits) {
    entry.waiters.push_back(std::move(waiter));
  } else {
    entry.acks.push_back(AnswerWhenStored(waiter.answer));
  }
}

Ruled Lane::Insert(Entry& entry, const TxnRequest& request, TxnStatus status) {
  std::shared_ptr<const Body> body = request.body;
  if (status == TxnStatus::kPrepared) {
    auto prepared = std::make_shared<Body>(*body);
    prepared->prepared = true;
    body = std::move(prepared);
  }
  entry.next = model::Create(std::move(body), request.terms, status, shared_.Now());
  Weigh(entry, entry.next);
  return Ruled::Staged();
}

// Applies an event that has an effect on every transaction in the present state.
Ruled Lane::ApplyThen(Entry& entry, decltype(Event::what) what) {
  if (TakeEvent(entry, MakeEvent(std::move(what)), false)) return Ruled::Staged();
  return Ruled::Answered([acks = std::exchange(entry.acks, {})] {
    for (const auto& ack : acks) ack(Status());
  });
}

void Lane::Prepare(TxnRequest request, Engine::AnswerFn answer) {
  const std::shared_ptr<const Body> body = request.body;
  const bool may_create = request.topic_trouble.ok();
  RequestFn run = [this, request = std::move(request), answer](Entry& entry) {
    return RunPrepare(entry, request, answer);
  };
  if (may_create) return WithNew(*body, answer, std::move(run));
  WithKnown(body->gid, answer, std::move(run));
}

Ruled Lane::RunPrepare(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer) {
  if (!entry.trouble.ok()) return Answered(answer, StoreTrouble(entry.trouble));
  if (entry.knowledge == Entry::Knowledge::kPresent) {
    return Answered(answer, RuleOnPrepare(entry.txn, request).answer);
  }
  if (!request.topic_trouble.ok()) return Answered(answer, TopicTrouble(request.topic_trouble));
  entry.acks.push_back(AnswerWhenStored(answer));
  return Insert(entry, request, TxnStatus::kPrepared);
}

void Lane::Submit(TxnRequest request, Engine::AnswerFn answer) {
  const std::shared_ptr<const Body> body = request.body;
  const bool may_create = MayCreate(*body) && request.topic_trouble.ok();
  RequestFn run = [this, request = std::move(request), answer](Entry& entry) {
    return RunSubmit(entry, request, answer);
  };
  if (may_create) return WithNew(*body, answer, std::move(run));
  WithKnown(body->gid, answer, std::move(run));
}

Ruled Lane::RunSubmit(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer) {
  const bool absent = entry.knowledge == Entry::Knowledge::kAbsent;
  if (entry.trouble.ok() && absent && MayCreate(*request.body)) {
    return Create(entry, request, answer);
  }
  const Answer unknown = UnknownForSubmit(entry.gid, request.body->model);
  if (auto why = WhyNotThere(entry, unknown)) return Answered(answer, *std::move(why));
  if (canary::Armed(canary::Canary::kResubmitRunsAgain)) {
    return Insert(entry, request, TxnStatus::kSubmitted);
  }
  const bool waits = request.terms->wait_result;
  const Ruling ruling = RuleOnSubmit(entry.txn, request);
  if (auto why = WhyNotApplied(entry, ruling, {answer}, waits)) return *std::move(why);
  AwaitOrAnswerLater(entry, {answer}, waits);
  if (canary::Armed(canary::Canary::kTopicExpandedTwice)) ExpandAgain(entry.txn, *request.body);
  return ApplyThen(entry, Submitted{SubmittedTerms(entry.txn, request)});
}

// The topics of a message matter for a new gid alone.
Ruled Lane::Create(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer) {
  const Status orders = CheckOrders(*request.terms, *request.body);
  if (!orders.ok()) return Answered(answer, {Answer::Kind::kInvalid, orders.message()});
  if (!request.topic_trouble.ok()) return Answered(answer, TopicTrouble(request.topic_trouble));
  AwaitOrAnswerLater(entry, {answer}, request.terms->wait_result);
  return Insert(entry, request, TxnStatus::kSubmitted);
}

}  // namespace treaty
