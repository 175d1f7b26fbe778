// Requests are the JSON that an SDK sends; a stage is asked for until it is heard of.

#include "sim/pacts.h"

#include <utility>

namespace treaty::sim {
namespace {

constexpr char kBank[] = "http://bank.example/";

std::string Member(const char* key, const std::string& value) {
  return std::string("\"") + key + "\":\"" + value + "\"";
}

std::string Head(const std::string& gid, Model model) {
  return "{" + Member("gid", gid) + "," + Member("trans_type", std::string(Name(model)));
}

std::string StepsJson(const std::vector<Step>& steps) {
  std::string list;
  std::string payloads;
  for (const Step& step : steps) {
    list += (list.empty() ? "{" : ",{") + Member("action", step.action) + "}";
    payloads += payloads.empty() ? "\"{}\"" : ",\"{}\"";
  }
  return ",\"steps\":[" + list + "],\"payloads\":[" + payloads + "]";
}

// The place of a branch's service, by its URL or its id.
std::size_t ServiceOf(const Txn& txn, std::size_t branch, std::size_t services) {
  const auto& recipients = txn.body->recipients;
  const std::string& id = recipients.empty() ? txn.step(branch).id : recipients[branch].id;
  const std::size_t subscriber =
      recipients.empty() ? kSubscribers : SubscriberOf(recipients[branch].url);
  if (subscriber < kSubscribers) return services - 1 - kSubscribers + subscriber;
  return id.empty() ? branch : std::stoul(id) - 1;
}

bool IsTwoPhase(Model model) { return model == Model::kTcc || model == Model::kXa; }

}  // namespace

std::string Pacts::DrawOptions(Pact& pact) {
  Rng& rng = *ports_.rng;
  const Swarm& swarm = *ports_.swarm;
  std::string out;
  const auto number = [&out](const char* key, std::uint32_t value) {
    out += std::string(",\"") + key + "\":" + std::to_string(value);
  };
  pact.waits = rng.Percent(swarm.waiting);
  if (pact.waits) out += ",\"wait_result\":true";
  if (rng.Percent(swarm.concurrent)) out += ",\"concurrent\":true";
  if (rng.Percent(swarm.behind)) number("update_branch_sync", 0);
  if (rng.Percent(swarm.options)) number("timeout_to_fail", rng.Between(1, 40));
  if (rng.Percent(swarm.options)) number("request_timeout", rng.Between(1, 20));
  if (rng.Percent(swarm.options)) number("retry_interval", rng.Between(1, 20));
  if (pact.model == Model::kMessage && rng.Percent(swarm.options)) {
    out += ",\"custom_data\":\"{\\\"delay\\\":" + std::to_string(rng.Between(0, 60)) + "}\"";
  }
  if (pact.model == Model::kWorkflow) {
    out += ",\"custom_data\":\"{\\\"name\\\":\\\"flow\\\",\\\"data\\\":\\\"aGk=\\\"}\"";
  }
  return out;
}

void Pacts::DrawServices(const Pact& pact) {
  Rng& rng = *ports_.rng;
  const Swarm& swarm = *ports_.swarm;
  auto& services = ports_.network->services[pact.gid];
  // After the steps those who may have subscribed to their topic; the last is the client's own.
  const std::size_t last = pact.steps.size() + (pact.topic.empty() ? 0 : kSubscribers);
  for (std::size_t i = 0; i <= last; ++i) {
    Service& service = services.emplace_back();
    if (rng.Percent(swarm.ongoing)) service.ongoing = rng.Between(1, 4);
    if (rng.Percent(swarm.unknown)) service.unknown = rng.Between(1, 6);
    if (rng.Percent(swarm.hanging)) service.hangs = rng.Between(1, 2);
    if (rng.Percent(swarm.hard_to_undo)) service.undo_ongoing = rng.Between(0, 2);
    if (rng.Percent(swarm.hard_to_undo)) service.undo_unknown = rng.Between(0, 3);
    const bool client = i == last;
    if (!client && rng.Percent(swarm.hard_to_undo)) {
      service.failure = service.undo_failure = rng.Between(0, 2);
    }
  }
  if (pact.model == Model::kMessage && !pact.commits) services.back().refuse_from = 1;
}

Pacts::Pact Pacts::DrawPact(std::size_t number) {
  Rng& rng = *ports_.rng;
  constexpr Model kModels[] = {Model::kTcc, Model::kXa, Model::kMessage, Model::kWorkflow};
  Pact pact;
  pact.model = kModels[rng.Between(0, 3)];
  pact.gid = "pact-" + std::to_string(number);
  const std::size_t count = rng.Between(0, 4);
  for (std::size_t i = 1; i <= count + 1; ++i) {  // The last is for a late registration.
    const std::string at = kBank + std::to_string(i);
    Step step{at + "/do", at + "/undo", "{}", BranchId({static_cast<std::uint32_t>(i - 1)}), ""};
    if (pact.model == Model::kXa) step.compensate = step.action;
    if (pact.model == Model::kXa) step.payload.clear();
    if (pact.model == Model::kTcc && rng.Percent(ports_.swarm->without_url)) step.action.clear();
    if (pact.model == Model::kTcc && rng.Percent(ports_.swarm->without_url))
      step.compensate.clear();
    if (pact.model == Model::kWorkflow)
      step = {"", "", "result " + std::to_string(i), step.id, "action"};
    if (pact.model == Model::kMessage) step.id.clear();
    pact.steps.push_back(std::move(step));
  }
  if (pact.model == Model::kMessage) pact.topic = ports_.topics->DrawTopic();
  if (!pact.topic.empty()) pact.steps[number % pact.steps.size()].action = "topic://" + pact.topic;
  pact.commits = rng.Percent(60);
  pact.direct = pact.model == Model::kMessage && pact.commits && rng.Percent(50);
  pact.alone = pact.model == Model::kWorkflow && number % 3 == 2;
  pact.options = DrawOptions(pact);
  pact.dies_at =
      rng.Percent(25) ? rng.Between(1, static_cast<std::uint32_t>(count) + 1) : count + 9;
  DrawServices(pact);
  return pact;
}

void Pacts::Draw() {
  const std::size_t count = ports_.rng->Percent(60) ? ports_.rng->Between(1, 6) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    pacts_.push_back(DrawPact(i));
    checker_->OnAsked(pacts_.back().gid, Asked::kCount);
    Schedule(i);
  }
}

void Pacts::Schedule(std::size_t index) {
  Rng& rng = *ports_.rng;
  const Duration first = rng.Millis(0, 15'000);
  if (pacts_[index].model == Model::kWorkflow) {
    At(first, [this, index] { StartRun(index); });
    if (rng.Percent(40)) At(first + rng.Millis(0, 100), [this, index] { StartRun(index); });
  } else {
    At(first, [this, index] { Ask(index); });
  }
  ScheduleRivals(index, first);
}

// Requests that race with the client's own course: decisions ahead of their prepare, repeats, late
// registrations and prepares, the opposite decision, an operator's forced stop.
void Pacts::ScheduleRivals(std::size_t index, Duration first) {
  Rng& rng = *ports_.rng;
  const Swarm& swarm = *ports_.swarm;
  const Pact& pact = pacts_[index];
  const auto later = [&] {
    return first + (rng.Percent(50) ? rng.Millis(0, 200) : rng.Millis(0, 60'000));
  };
  const auto ignore = [](const Answer&) {};
  if (IsTwoPhase(pact.model) && rng.Percent(swarm.repeated / 4)) {
    At(first * rng.Between(0, 99) / 100, [this, index, ignore] { Decide(index, true, ignore); });
  }
  while (rng.Percent(swarm.repeated / 2)) {
    At(later(), [this, index, ignore] {
      if (!pacts_[index].over) return AskStage(index);
      Decide(index, pacts_[index].commits, ignore);
    });
  }
  if (TakesRegistrations(pact.model) && rng.Percent(swarm.repeated)) {
    At(later(), [this, index, ignore] { Register(index, pacts_[index].steps.back(), ignore); });
  }
  if (pact.model != Model::kWorkflow && !pact.direct && rng.Percent(swarm.repeated)) {
    At(later(), [this, index, ignore] { Prepare(index, ignore); });
  }
  if (pact.model != Model::kWorkflow && !pact.direct && rng.Percent(swarm.prepared)) {
    At(later(), [this, index, ignore] {
      ports_.marks->Hit(Mark::kRaced);
      Decide(index, !pacts_[index].commits, ignore);
    });
  }
  if (!rng.Percent(swarm.forced)) return;
  At(later(), [this, index, ignore] {
    checker_->OnAsked(pacts_[index].gid, Asked::kForce);
    ports_.post("forceStop", "{" + Member("gid", pacts_[index].gid) + "}", ignore);
  });
}

void Pacts::Ask(std::size_t index) {
  if (pacts_[index].over) return;
  AskStage(index);
  At(ports_.rng->Millis(500, 5'000), [this, index] { Ask(index); });
}

// The request of the present stage: prepare, the registrations, the decision.
void Pacts::AskStage(std::size_t index) {
  const Pact& pact = pacts_[index];
  if (pact.model == Model::kWorkflow) return StartRun(index);
  const std::size_t registrations = IsTwoPhase(pact.model) ? pact.steps.size() - 1 : 0;
  const auto heard = [this, index, stage = pact.stage](const Answer& answer) {
    Heard(index, stage, answer);
  };
  if (pact.stage == 0 && !pact.direct) return Prepare(index, heard);
  if (!pact.direct && pact.stage <= registrations) {
    return Register(index, pact.steps[pact.stage - 1], heard);
  }
  Decide(index, pact.commits, [this, index](const Answer& answer) {
    const bool definite = answer.kind != Answer::Kind::kUnavailable;
    if (definite) pacts_[index].over = true;
  });
}

void Pacts::Heard(std::size_t index, std::size_t stage, const Answer& answer) {
  Pact& pact = pacts_[index];
  const bool refused = answer.kind == Answer::Kind::kInvalid;  // Nobody has subscribed.
  if (answer.kind == Answer::Kind::kFailure || refused) pact.over = true;
  if (answer.kind != Answer::Kind::kSuccess || pact.stage != stage) return;
  ++pact.stage;
  if (pact.stage < pact.dies_at) return;
  pact.over = true;
  ports_.marks->Hit(Mark::kPactClientDied);
}

void Pacts::Prepare(std::size_t index, AnswerFn heard) {
  const Pact& pact = pacts_[index];
  std::string json = Head(pact.gid, pact.model) + pact.options;
  const bool asked = pact.model == Model::kMessage || pact.model == Model::kWorkflow;
  if (asked && !pact.alone) {
    json += "," + Member("query_prepared", std::string(kBank) + "client");
  }
  if (pact.model == Model::kMessage) json += StepsJson(pact.steps);
  const char* action = pact.model == Model::kWorkflow ? "prepareWorkflow" : "prepare";
  ports_.post(action, json + "}",
              [this, gid = pact.gid, seen = checker_->SeenNow(pact.gid),
               heard = Judged(pact, heard)](const Answer& answer) {
                checker_->OnPrepared(gid, seen, answer);
                heard(answer);
              });
}

// A request that may be the first about a message to a topic.
Pacts::AnswerFn Pacts::Judged(const Pact& pact, AnswerFn heard) {
  if (pact.topic.empty()) return heard;
  TopicChecker& topics = ports_.judge->topics;
  const std::size_t position = topics.SeenBy(ports_.agenda->now());
  topics.OnAsked(pact.gid, position);
  return [&topics, gid = pact.gid, topic = pact.topic, position, heard](const Answer& answer) {
    topics.OnHeard(gid, position, topic, answer);
    heard(answer);
  };
}

void Pacts::Register(std::size_t index, const Step& step, AnswerFn heard) {
  const Pact& pact = pacts_[index];
  std::string json = Head(pact.gid, pact.model) + "," + Member("branch_id", step.id) + "," +
                     Member("data", step.payload == "{}" ? "{}" : step.payload);
  if (pact.model == Model::kTcc) {
    json += "," + Member("confirm", step.action) + "," + Member("cancel", step.compensate);
  } else if (pact.model == Model::kXa) {
    json += "," + Member("url", step.action);
  } else {
    json += "," + Member("op", step.op) + "," + Member("status", "succeed");
  }
  ports_.post("registerBranch", json + "}",
              [this, gid = pact.gid, step, seen = checker_->SeenNow(pact.gid),
               heard](const Answer& answer) {
                checker_->OnRegistered(gid, step, seen, answer);
                heard(answer);
              });
}

void Pacts::Decide(std::size_t index, bool commit, AnswerFn heard) {
  const Pact& pact = pacts_[index];
  std::string json = Head(pact.gid, pact.model) + pact.options;
  if (pact.direct || (pact.model == Model::kMessage && commit)) json += StepsJson(pact.steps);
  checker_->OnAsked(pact.gid, commit ? Asked::kSubmit : Asked::kAbort);
  if (commit) heard = Judged(pact, std::move(heard));
  ports_.post(commit ? "submit" : "abort", json + "}",
              [this, gid = pact.gid, commit, waits = pact.waits, heard](const Answer& answer) {
                if (commit) {
                  checker_->OnSubmitted(gid, answer, waits);
                } else {
                  checker_->OnAborted(gid, answer, waits);
                }
                heard(answer);
              });
}

// --- Workflows -------------------------------------------------------------------------------

void Pacts::OnResumed(const std::string& gid) {
  for (std::size_t i = 0; i < pacts_.size(); ++i) {
    if (pacts_[i].gid != gid) continue;
    pacts_[i].resumed = true;
    StartRun(i);
  }
}

void Pacts::StartRun(std::size_t index) {
  Prepare(index, [this, index](const Answer& answer) {
    if (answer.kind != Answer::Kind::kSuccess) return;
    Continue({index, answer.message, 0});
  });
}

// Records the next step that the coordinator did not know when the run began. A runner that is
// told that another one was first gives up; so does one that dies.
void Pacts::Continue(Run run) {
  const Pact& pact = pacts_[run.pact];
  const bool dies = ports_.swarm->faults && ports_.rng->Percent(10);
  if (dies) return ports_.marks->Hit(Mark::kPactClientDied);
  while (run.step + 1 < pact.steps.size() &&
         run.known.find(Member("branch_id", pact.steps[run.step].id)) != std::string::npos) {
    ++run.step;
  }
  if (run.step + 1 >= pact.steps.size()) return EndRun(run);
  const Step step = pact.steps[run.step++];
  At(ports_.rng->Millis(0, 300), [this, run, step] {
    Register(run.pact, step, [this, run](const Answer& answer) {
      if (answer.kind == Answer::Kind::kSuccess) Continue(run);
    });
  });
}

void Pacts::EndRun(const Run& run) {
  const Pact& pact = pacts_[run.pact];
  checker_->OnAsked(pact.gid, pact.commits ? Asked::kSucceed : Asked::kFail);
  const std::string status = pact.commits ? "succeed" : "failed";
  ports_.post(
      "submit", Head(pact.gid, pact.model) + ",\"req_extra\":{" + Member("status", status) + "}}",
      [this, gid = pact.gid](const Answer& answer) { checker_->OnSubmitted(gid, answer, false); });
}

// --- The end ---------------------------------------------------------------------------------

void Pacts::CheckRest(const std::function<void(const std::string&, std::string)>& fail) {
  for (const Pact& pact : pacts_) {
    if (!checker_->IsStored(pact.gid)) continue;
    CheckPact(pact, ports_.network->services[pact.gid], fail);
  }
}

// L1, and the books: what was decided has happened once everywhere, and nowhere else.
void Pacts::CheckPact(const Pact& pact, const std::vector<Service>& services,
                      const std::function<void(const std::string&, std::string)>& fail) {
  const Txn& txn = checker_->Stored(pact.gid);
  if (pact.alone && pact.resumed) return fail(pact.gid, "W: resumed without a URL");
  if (pact.alone && txn.status == TxnStatus::kPrepared && txn.due == kNever) return;
  if (!txn.IsFinished()) return fail(pact.gid, "L1: at rest as " + std::string(Name(txn.status)));
  if (txn.force.when != kNever || pact.model == Model::kWorkflow) return;
  std::size_t delivered = 0;
  for (std::size_t i = 0; i < txn.branches.size(); ++i) {
    const Step& step = txn.step(i);
    const bool due = txn.status == TxnStatus::kSucceed && !step.action.empty();
    delivered += due ? 1 : 0;
    if (services[ServiceOf(txn, i, services.size())].books.applied == (due ? 1 : 0)) continue;
    fail(pact.gid, "the books of branch " + std::to_string(i + 1));
  }
  std::size_t applied = 0;
  for (const Service& service : services) applied += service.books.applied > 0 ? 1 : 0;
  if (!pact.topic.empty() && applied > delivered + 1) fail(pact.gid, "M3: too many were served");
}

}  // namespace treaty::sim
