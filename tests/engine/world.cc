#include "engine/world.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "wire/topic_format.h"

namespace treaty::testing {

TimerId Agenda::Add(Duration delay, std::function<void()> task) {
  const Time at = now_ + delay;
  tasks_.emplace(std::pair(at, ++last_), std::move(task));
  times_.emplace(last_, at);
  return last_;
}

void Agenda::Remove(TimerId id) {
  const auto found = times_.find(id);
  if (found == times_.end()) return;
  tasks_.erase({found->second, id});
  times_.erase(found);
}

bool Agenda::Step(Time until) {
  if (tasks_.empty() || tasks_.begin()->first.first > until) {
    now_ = std::max(now_, until);
    return false;
  }
  now_ = tasks_.begin()->first.first;
  const auto task = std::move(tasks_.begin()->second);
  times_.erase(tasks_.begin()->first.second);
  tasks_.erase(tasks_.begin());
  task();
  return true;
}

void ScriptedParticipant::Call(BranchCall call, std::function<void(BranchReply)> done) {
  calls.emplace_back(agenda_.now(), call.branch_id() + "/" + std::string(call.op_name()));
  Script script;
  if (auto found = scripts.find(call.url()); found != scripts.end()) {
    script = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
  }
  const std::uint64_t id = ++last_;
  open_[id] = std::move(done);
  const BranchReply reply = script.silent
                                ? BranchReply{Outcome::kUnknown, "time-out"}
                                : BranchReply{script.outcome, script.text, script.retry_after};
  agenda_.Add(script.silent ? call.timeout : script.latency, [this, id, reply] {
    const auto open = open_.find(id);
    if (open == open_.end()) return;
    const auto report = std::move(open->second);
    open_.erase(open);
    report(reply);
  });
}

void ScriptedParticipant::CancelAll() {
  for (auto& [id, done] : std::exchange(open_, {})) {
    agenda_.Add(Duration(0), [done] { done({Outcome::kUnknown, "cancelled"}); });
  }
}

std::size_t ScriptedParticipant::Count(const std::string& name) const {
  return static_cast<std::size_t>(
      std::ranges::count(calls, name, &std::pair<Time, std::string>::second));
}

World::World() : topics(wire::MakeTopicFormat({})) { Restart(); }

World::~World() { Crash(); }

void World::Crash() {
  engine.reset();
  agenda.Clear();
}

void World::Restart() {
  TREATY_CHECK(TryToStart([] {}).ok());
}

Result<bool> World::TryToStart(const std::function<void()>& while_waiting) {
  Crash();
  config.owner = "test/" + std::to_string(++incarnation_);
  EnginePorts ports;
  ports.lanes = {{&lane_, &participant, &lane_random_}};
  ports.commit_loop = &commit_;
  ports.commit_random = &commit_random_;
  ports.reads = &read_;
  ports.store = &failing;
  ports.log = &log;
  ports.alerts = alerts;
  ports.topics = topics.get();
  if (leased) {
    config.instance = "test";
    config.is_only_start = only_start;
    ports.lease = &lease;
    ports.lease_loop = &leases_;
    ports.lost_lease = [this](const treaty::Status& status) { lost_lease = status; };
  }
  engine = std::make_unique<Engine>(config, ports);
  for (;;) {
    const Result<bool> begun = engine->TryToBeginLease();
    if (!begun.ok()) return begun.status();
    if (*begun) break;
    while_waiting();
    Run(Engine::kLeaseTryPeriod);
  }
  engine->Start(crashed_on, [this] { crashed_on.clear(); });
  return true;
}

void World::Run(Duration duration) {
  const Time until = agenda.now() + duration;
  while (agenda.Step(until)) {
  }
}

TxnRequest World::Saga(const std::string& gid, std::size_t steps, Terms terms) {
  auto body = std::make_shared<Body>();
  body->gid = gid;
  for (std::size_t i = 1; i <= steps; ++i) {
    body->steps.push_back({"a" + std::to_string(i), "c" + std::to_string(i), "{}"});
  }
  return {body, std::make_shared<Terms>(std::move(terms)), true, false, OptionSet().set()};
}

TxnRequest World::Request(Model model, const std::string& gid, Terms terms) {
  auto body = std::make_shared<Body>();
  body->gid = gid;
  body->model = model;
  const bool message = model == Model::kMessage;
  if (message) body->steps = {{"a1", "", "{}"}, {"a2", "", "{}"}};
  if (message || model == Model::kWorkflow) body->query_prepared = "q";
  const auto options = OptionSet().set().reset(static_cast<std::size_t>(Option::kCustomData));
  return {body, std::make_shared<Terms>(std::move(terms)), message, true, options};
}

RegisterRequest World::Branch(Model model, const std::string& gid, const std::string& id,
                              const std::string& payload) {
  auto step = std::make_shared<Step>();
  step->id = id;
  step->payload = payload;
  if (model == Model::kWorkflow) {
    step->op = "action";
    return {gid, model, step, BranchStatus::kSucceed};
  }
  step->action = "a" + id;
  step->compensate = "c" + id;
  return {gid, model, step};
}

namespace {

Engine::AnswerFn Into(const World::AnswerPlace& place) {
  return [place](Answer answer) {
    TREATY_CHECK(!place->has_value());  // Every request is answered once.
    *place = std::move(answer);
  };
}

World::AnswerPlace NewPlace() { return std::make_shared<std::optional<Answer>>(); }

}  // namespace

World::AnswerPlace World::Submit(TxnRequest request) {
  auto answer = NewPlace();
  engine->Submit(std::move(request), Into(answer));
  return answer;
}

World::AnswerPlace World::Prepare(TxnRequest request) {
  auto answer = NewPlace();
  engine->Prepare(std::move(request), Into(answer));
  return answer;
}

World::AnswerPlace World::Abort(AbortRequest request) {
  auto answer = NewPlace();
  engine->Abort(std::move(request), Into(answer));
  return answer;
}

World::AnswerPlace World::Register(RegisterRequest request) {
  auto answer = NewPlace();
  engine->Register(std::move(request), Into(answer));
  return answer;
}

World::AnswerPlace World::EndWorkflow(const std::string& gid, WorkflowEnded end) {
  auto answer = NewPlace();
  engine->EndWorkflow({gid, std::move(end)}, Into(answer));
  return answer;
}

World::AnswerPlace World::ForceStop(const std::string& gid) {
  auto answer = NewPlace();
  engine->ForceStop(gid, "operator", "stuck", Into(answer));
  return answer;
}

World::AnswerPlace World::ResetNextCronTime(const std::string& gid) {
  auto answer = NewPlace();
  engine->ResetNextCronTime(gid, Into(answer));
  return answer;
}

World::AnswerPlace World::EditTopic(TopicEdit edit) {
  auto answer = NewPlace();
  engine->EditTopic(std::move(edit), Into(answer));
  return answer;
}

World::AnswerPlace World::PrepareWorkflow(TxnRequest request, std::optional<StoredTxn>* record) {
  auto answer = NewPlace();
  engine->PrepareWorkflow(std::move(request),
                          [into = Into(answer), record](Answer told, std::optional<StoredTxn> txn) {
                            if (record != nullptr) *record = std::move(txn);
                            into(std::move(told));
                          });
  return answer;
}

void World::PrepareWith(Model model, const std::string& gid, int branches, Terms terms) {
  Prepare(Request(model, gid, std::move(terms)));
  for (int i = 1; i <= branches; ++i) Register(Branch(model, gid, "0" + std::to_string(i)));
  Run(std::chrono::milliseconds(20));
}

void World::Subscribe(const std::string& topic, const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    const auto answer = EditTopic({TopicEdit::Kind::kSubscribe, topic, {url, ""}});
    Run(std::chrono::milliseconds(20));
    TREATY_CHECK(answer->value().kind == Answer::Kind::kSuccess);
  }
}

std::optional<KvEntry> World::TopicEntry(const std::string& topic) {
  auto entry = store->LoadKv("topics", topic);
  TREATY_CHECK(entry.ok());
  return *entry;
}

void World::WriteAsAnother(const std::string& gid, const std::function<void(Txn&)>& change) {
  StoredTxn stored = Stored(gid);
  const std::size_t branches = stored.txn.registered.size();
  change(stored.txn);
  ++stored.txn.version;
  const Write write{Write::Kind::kUpdate,
                    &stored.txn,
                    false,
                    99,
                    stored.owner,
                    stored.wake,
                    stored.txn.registered.size() - branches};
  Verdict verdict = Verdict::kStale;
  TREATY_CHECK(store->Commit({&write, 1}, {&verdict, 1}).ok() && verdict == Verdict::kStored);
}

StoredTxn World::Stored(const std::string& gid) {
  auto loaded = store->Load(gid);
  TREATY_CHECK(loaded.ok() && loaded->has_value());
  return **loaded;
}

}  // namespace treaty::testing
