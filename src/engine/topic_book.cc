#include "engine/topic_book.h"

#include <utility>

#include "base/canary.h"
#include "engine/reading.h"

namespace treaty {
namespace {

constexpr char kCategory[] = "topics";

// Edits that race; more would only lose.
constexpr std::size_t kUnderWay = 4;
constexpr std::size_t kMostWaiting = 1'000;
// Each lost race is another edit that was made.
constexpr std::size_t kMostLost = 1'000;

Answer Overloaded(const char* message) { return {Answer::Kind::kOverloaded, message}; }

}  // namespace

void TopicBook::Expand(TxnRequest request, RequestFn next) {
  std::vector<std::string> names = TopicNames(*request.body);
  TREATY_CHECK(format_ != nullptr);
  if (auto known = cache_.Find(names, shared_.Now())) {
    return next(WithRecipients(request, *std::move(known)));
  }
  Read<TopicMap>(
      shared_, *ports_.loop, [this, names = std::move(names)] { return ReadTopics(names); },
      [this, request = std::move(request), next = std::move(next)](const Result<TopicMap>& topics) {
        next(WithRecipients(request, topics));
      });
}

// Those that do not exist are left out, and not remembered either.
Result<TopicMap> TopicBook::ReadTopics(const std::vector<std::string>& names) {
  const std::uint64_t generation = cache_.generation();
  const Time asked = shared_.Now();
  TopicMap topics;
  for (const std::string& name : names) {
    const auto entry = shared_.store->LoadKv(kCategory, name);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) continue;
    auto topic = format_->Read((*entry)->value);
    if (!topic.ok()) return topic.status();
    topics[name] = *std::move(topic);
  }
  cache_.Keep(topics, generation, asked);
  return topics;
}

TxnRequest TopicBook::WithRecipients(const TxnRequest& request,
                                     const Result<TopicMap>& topics) const {
  TxnRequest expanded = request;
  auto recipients =
      topics.ok() ? treaty::Expand(*request.body, *topics, *format_, shared_.config.limits.branches)
                  : Result<std::vector<Recipient>>(topics.status());
  if (!recipients.ok()) {
    expanded.topic_trouble = recipients.status();
    return expanded;
  }
  auto body = std::make_shared<Body>(*request.body);
  body->recipients = *std::move(recipients);
  expanded.body = std::move(body);
  return expanded;
}

void TopicBook::Edit(TopicEdit edit, Engine::AnswerFn answer) {
  TREATY_CHECK(format_ != nullptr);
  if (waiting_.size() >= kMostWaiting) {
    return answer(Overloaded("too many edits of topics are waiting; try again later"));
  }
  const auto job = std::make_shared<Job>();
  job->edit = std::move(edit);
  job->answer = std::move(answer);
  job->asked = shared_.Now();
  waiting_.push_back(job);
  WatchForLate();
  StartNext();
}

void TopicBook::WatchForLate() {
  if (std::exchange(watching_, true)) return;
  ports_.loop->After(kAnswerLook, [this] {
    watching_ = false;
    TellLate();
  });
}

// What has not begun is not made; nor is what is read, or waits for the committer.
void TopicBook::TellLate() {
  const Time late = shared_.Now() - kAnswerWithin;
  for (const JobPtr& job : under_way_) {
    if (job->answered || job->asked > late) continue;
    static_cast<void>(job->recall.CallOff());
    Tell(*job, TopicTrouble({Code::kUnknown, "the store does not answer; look what is there"}));
  }
  while (!waiting_.empty() && waiting_.front()->asked <= late) {
    Tell(*waiting_.front(), TopicTrouble({Code::kUnavailable, "it takes too long; try again"}));
    waiting_.pop_front();
  }
  if (!under_way_.empty() || !waiting_.empty()) WatchForLate();
}

void TopicBook::StartNext() {
  while (under_way_.size() < kUnderWay && !waiting_.empty()) {
    const JobPtr job = std::move(waiting_.front());
    waiting_.pop_front();
    under_way_.push_back(job);
    Begin(job);
  }
  if (stopped_ && under_way_.empty()) std::exchange(stopped_, {})();
}

void TopicBook::Stop(std::function<void()> done) {
  for (const JobPtr& job : std::exchange(waiting_, {})) {
    Tell(*job, {Answer::Kind::kUnavailable, "the coordinator is stopping; use another instance"});
  }
  stopped_ = std::move(done);
  StartNext();
}

void TopicBook::Begin(const JobPtr& job) {
  Read<std::optional<KvEntry>>(
      shared_, *ports_.loop,
      [store = shared_.store, name = job->edit.topic] { return store->LoadKv(kCategory, name); },
      [this, job](const Result<std::optional<KvEntry>>& entry) { OnRead(job, entry); });
}

Result<TopicChange> TopicBook::Change(const TopicEdit& edit,
                                      const std::optional<KvEntry>& entry) const {
  std::optional<Topic> topic;
  // A damaged topic can still be deleted.
  if (entry && edit.kind == TopicEdit::Kind::kDelete) topic.emplace();
  if (entry && !topic) {
    auto read = format_->Read(entry->value);
    if (!read.ok()) return read.status();
    topic = *std::move(read);
  }
  return ApplyEdit(topic, edit, shared_.config.limits.subscribers);
}

void TopicBook::OnRead(const JobPtr& job, const Result<std::optional<KvEntry>>& entry) {
  if (job->answered) return End(job, {});  // It took too long: it is not made any more.
  if (!entry.ok()) return End(job, TopicTrouble(entry.status()));
  const Result<TopicChange> change = Change(job->edit, *entry);
  if (!change.ok()) return End(job, TopicTrouble(change.status()));
  if (change->refusal) return End(job, *change->refusal);
  KvEdit kv{.cat = kCategory,
            .key = job->edit.topic,
            .now = shared_.Now(),
            .most = shared_.config.limits.topics};
  if (change->next) kv.value = format_->Write(*change->next);
  if (entry->has_value()) {
    kv.replaces = (*entry)->write_id;
    kv.version = (*entry)->version + 1;
  }
  const bool blind = job->lost > 0 && canary::Armed(canary::Canary::kTopicEditLost);
  if (blind) kv.value = job->kv.value;
  job->kv = std::move(kv);
  Store(job);
}

void TopicBook::Store(const JobPtr& job) {
  CommitJob commit;
  commit.loop = ports_.loop;
  commit.write.kind = Write::Kind::kEdit;
  commit.write.edit = &job->kv;
  commit.write.write_id = ports_.random->Next();
  job->recall.Reset();
  commit.recall = &job->recall;
  commit.done = [this, job](const Result<Verdict>& verdict) { OnWritten(job, verdict); };
  commit.unsure = [this, job] {
    cache_.Forget(job->edit.topic);
    Tell(*job, TopicTrouble({Code::kUnknown, "the store does not answer; look what is there"}));
  };
  shared_.committer.Add(std::move(commit));
}

void TopicBook::OnWritten(const JobPtr& job, const Result<Verdict>& verdict) {
  cache_.Forget(job->edit.topic);
  if (!verdict.ok()) return End(job, StoreTrouble(verdict.status()));
  if (*verdict == Verdict::kStored) return End(job, {});
  if (*verdict != Verdict::kFull) return OnLostRace(job);
  End(job, {Answer::Kind::kInvalid,
            "too many topics; at most " + std::to_string(shared_.config.limits.topics)});
}

// An edit whose client was told that nobody knows is not made again: it may have been made, and
// taken back by another one since.
void TopicBook::OnLostRace(const JobPtr& job) {
  if (job->answered) return End(job, {});
  if (++job->lost < kMostLost) return Begin(job);
  End(job, Overloaded("too many edit this topic at once; try again later"));
}

void TopicBook::Tell(Job& job, const Answer& answer) {
  if (!std::exchange(job.answered, true)) job.answer(answer);
}

void TopicBook::End(const JobPtr& job, const Answer& answer) {
  Tell(*job, answer);
  std::erase(under_way_, job);
  StartNext();
}

}  // namespace treaty
