// The clients: what they ask for, when, and what they do with the answers.

#include <utility>

#include "sim/world.h"

namespace treaty::sim {

Terms World::DrawTerms(std::size_t steps) {
  Terms terms;
  terms.wait_result = rng_.Percent(swarm_.waiting);
  terms.concurrent = rng_.Percent(swarm_.concurrent);
  if (rng_.Percent(swarm_.behind)) terms.progress = ProgressMode::kBehind;
  if (terms.concurrent && rng_.Percent(60)) terms.after = DrawOrders(steps);
  if (!rng_.Percent(swarm_.options)) return terms;
  if (rng_.Percent(50)) terms.retry_limit = rng_.Between(1, 4);
  if (rng_.Percent(50)) terms.timeout_to_fail = std::chrono::seconds(rng_.Between(1, 60));
  if (rng_.Percent(50)) terms.request_timeout = std::chrono::seconds(rng_.Between(1, 30));
  if (rng_.Percent(50)) terms.retry_interval = std::chrono::seconds(rng_.Between(1, 20));
  return terms;
}

// Each step may wait for any of those before it.
std::vector<std::vector<BranchIndex>> World::DrawOrders(std::size_t steps) {
  std::vector<std::vector<BranchIndex>> after(steps);
  for (std::uint32_t i = 1; i < steps; ++i) {
    for (std::uint32_t j = 0; j < i; ++j) {
      if (rng_.Percent(30)) after[i].push_back({j});
    }
  }
  return after;
}

Service World::DrawService() {
  Service service;
  if (rng_.Percent(swarm_.refusing)) {
    service.refuse_from = rng_.Percent(50) ? 1 : rng_.Between(2, 3);
    if (service.refuse_from > 1) service.unknown = 1;
  }
  if (rng_.Percent(swarm_.ongoing)) service.ongoing = rng_.Between(1, 4);
  if (rng_.Percent(swarm_.unknown)) service.unknown = rng_.Between(1, 6);
  if (rng_.Percent(swarm_.hanging)) service.hangs = rng_.Between(1, 2);
  if (rng_.Percent(swarm_.hard_to_undo)) service.undo_ongoing = rng_.Between(0, 2);
  if (rng_.Percent(swarm_.hard_to_undo)) service.undo_unknown = rng_.Between(0, 3);
  if (rng_.Percent(swarm_.hard_to_undo)) service.undo_failure = rng_.Between(0, 2);
  service.books.barrier = !rng_.Percent(swarm_.no_barrier);
  return service;
}

World::Plan World::DrawPlan(std::size_t number) {
  Plan plan;
  plan.gid = "saga-" + std::to_string(number);
  const std::size_t steps = rng_.Percent(70) ? rng_.Between(1, 4) : rng_.Between(1, 12);
  auto body = std::make_shared<Body>();
  body->gid = plan.gid;
  for (std::size_t i = 1; i <= steps; ++i) {
    const std::string base = "http://bank.example/" + std::to_string(i);
    body->steps.push_back({base + "/out", base + "/back", "{}"});
    if (rng_.Percent(swarm_.without_url)) body->steps.back().compensate.clear();
    if (!body->steps.back().compensate.empty() && rng_.Percent(swarm_.without_url)) {
      body->steps.back().action.clear();
    }
    network_.services[plan.gid].push_back(DrawService());
  }
  const auto terms = std::make_shared<Terms>(DrawTerms(steps));
  if (rng_.Percent(swarm_.other_content)) {
    auto other = std::make_shared<Body>(*body);
    other->steps.front().payload = "{\"amount\":1000}";
    plan.other = {other, terms, true};
  }
  plan.request = {std::move(body), terms, true};
  plan.prepare = rng_.Percent(swarm_.prepared);
  plan.gone = rng_.Percent(5);
  return plan;
}

void World::DrawPlans() {
  const std::size_t count = rng_.Percent(50) ? rng_.Between(1, 8) : rng_.Between(5, 30);
  for (std::size_t i = 0; i < count; ++i) {
    plans_.push_back(DrawPlan(i));
    ScheduleClients(i);
  }
}

void World::ScheduleClients(std::size_t index) {
  const Duration first = rng_.Millis(0, 15'000);
  At(first, [this, index] { Ask(index); });
  if (plans_[index].other.body) {
    At(first + rng_.Millis(0, 20), [this, index] { Submit(index, plans_[index].other); });
  }
  while (rng_.Percent(swarm_.repeated / 2)) {
    const Duration later = rng_.Percent(50) ? rng_.Millis(0, 30) : rng_.Millis(0, 90'000);
    At(first + later, [this, index] { Submit(index, plans_[index].request); });
  }
  if (rng_.Percent(swarm_.forced))
    At(first + rng_.Millis(0, 9'000), [this, index] { Force(index); });
  if (rng_.Percent(swarm_.reset)) {
    At(first + rng_.Millis(0, 9'000), [this, index] { Abort(index); });
    At(first + rng_.Millis(0, 9'000), [this, index] { SendNonsense(index); });
  }
  while (rng_.Percent(swarm_.queried)) {
    At(first + rng_.Millis(0, 60'000), [this, index] { Query(index); });
  }
  while (rng_.Percent(swarm_.reset)) {
    At(first + rng_.Millis(0, 60'000), [this, index] { Reset(index); });
  }
}

// Prepares if so meant, submits, and comes again until it is heard.
void World::Ask(std::size_t index) {
  Plan& plan = plans_[index];
  if (plan.submitted) return;
  if (plan.prepare && !plan.prepared) {
    Prepare(index);
  } else {
    Submit(index, plan.request);
  }
  At(rng_.Millis(500, 5'000), [this, index] { Ask(index); });
}

// Returns whether an answer may be looked at; a second one to the same question is a fault.
bool World::Settle(std::size_t asked) {
  if (std::exchange(asked_[asked].answered, true)) checker_.Fail("client", "answered twice");
  return !asked_[asked].instance->IsDoomed();
}

void World::OnAnswer(std::size_t index, const TxnRequest& request, bool submit,
                     const Answer& answer) {
  Plan& plan = plans_[index];
  Trace(index, 64 + static_cast<std::uint64_t>(answer.kind));
  if (plan.gone) {
    plan.submitted = true;
    return marks_.Hit(Mark::kClientGone);
  }
  checker_.OnAnswer(request, submit, answer);
  const bool heard = answer.kind == Answer::Kind::kSuccess ||
                     answer.kind == Answer::Kind::kFailure || answer.kind == Answer::Kind::kOngoing;
  if (!heard || request.body != plan.request.body) return;
  plan.prepared = true;
  if (submit) plan.submitted = true;
}

void World::Submit(std::size_t index, const TxnRequest& request) {
  const std::string& gid = plans_[index].gid;
  if (checker_.IsStored(gid)) {
    marks_.Hit(Mark::kDuplicateSubmit);
    const TxnStatus status = checker_.StatusOf(gid);
    const bool ended = status == TxnStatus::kSucceed || status == TxnStatus::kFailed;
    if (ended) marks_.Hit(Mark::kSubmitAfterEnd);
  }
  AtDoor([this, index, request](Door& door, std::size_t asked) {
    door.Post("submit", ToJson(request), [this, index, request, asked](const Answer& answer) {
      if (Settle(asked)) OnAnswer(index, request, true, answer);
    });
  });
}

void World::Prepare(std::size_t index) {
  const TxnRequest& request = plans_[index].request;
  AtDoor([this, index, request](Door& door, std::size_t asked) {
    door.Post("prepare", ToJson(request), [this, index, request, asked](const Answer& answer) {
      if (Settle(asked)) OnAnswer(index, request, false, answer);
    });
  });
}

void World::Force(std::size_t index) {
  const std::string& gid = plans_[index].gid;
  AtDoor([this, gid](Door& door, std::size_t asked) {
    door.Post("forceStop", R"({"gid":")" + gid + R"(","reason":"drawn"})",
              [this, gid, asked](const Answer& answer) {
                if (Settle(asked)) checker_.OnForced(gid, answer);
              });
  });
}

void World::Reset(std::size_t index) {
  const std::string& gid = plans_[index].gid;
  AtDoor([this, gid](Door& door, std::size_t asked) {
    door.Post("resetNextCronTime", R"({"gid":")" + gid + R"("})",
              [this, asked](const Answer& answer) {
                Settle(asked);
                if (answer.kind == Answer::Kind::kSuccess) marks_.Hit(Mark::kResetDue);
              });
  });
}

// The operator has mended what killed, and lets everything that was set aside go on.
void World::Release() {
  for (const std::string& gid : checker_.deaths.Quarantined()) {
    Post("resetNextCronTime", R"({"gid":")" + gid + R"("})", [](const Answer&) {});
  }
}

// A saga cannot be aborted by its client, whatever its state.
void World::Abort(std::size_t index) {
  const std::string& gid = plans_[index].gid;
  AtDoor([this, gid](Door& door, std::size_t asked) {
    door.Post("abort", R"({"gid":")" + gid + R"(","trans_type":"saga"})",
              [this, gid, asked](const Answer& answer) {
                Settle(asked);
                marks_.Hit(Mark::kAbortRefused);
                if (answer.kind != Answer::Kind::kSuccess) return;
                checker_.Fail(gid, "G3: a saga was aborted by its client");
              });
  });
}

void World::Query(std::size_t index) {
  const std::string& gid = plans_[index].gid;
  AtDoor([this, gid](Door& door, std::size_t asked) {
    door.Query(gid, [this, gid, asked](const api::HttpReply& reply) {
      Settle(asked);
      if (reply.status == 200) checker_.OnShown(gid, reply.body);
    });
  });
}

// G13: what could never be run is refused, and nothing of it is stored.
void World::SendNonsense(std::size_t index) {
  const std::string gid = "nonsense-" + std::to_string(index);
  const std::string steps = R"("steps":[{"action":"http://bank.example/1"},)"
                            R"({"action":"http://bank.example/2"}],"payloads":["{}","{}"])";
  const std::string cycle = R"(,"custom_data":"{\"orders\":{\"0\":[1],\"1\":[0]},)"
                            R"(\"concurrent\":true}")";
  const std::string wrong[] = {cycle, R"(,"retry_limit":-1)", R"(,"timeout_to_fail":"soon")"};
  const std::string json =
      R"({"gid":")" + gid + R"(","trans_type":"saga",)" + steps + wrong[index % 3] + "}";
  AtDoor([this, gid, json](Door& door, std::size_t asked) {
    door.Post("submit", json, [this, gid, asked](const Answer& answer) {
      Settle(asked);
      marks_.Hit(Mark::kNonsenseRefused);
      if (answer.kind == Answer::Kind::kInvalid && !checker_.IsStored(gid)) return;
      checker_.Fail(gid, "G13: nonsense was not refused at the door");
    });
  });
}

// A request of any other client; returns false when the instance is down.
bool World::Send(const std::string& method, const std::string& target, Door::AnswerFn answer) {
  return AtDoor([this, method, target, answer = std::move(answer)](Door& door, std::size_t asked) {
    door.Send(method, target, [this, answer, asked](const Answer& heard) {
      if (Settle(asked)) answer(heard);
    });
  });
}

bool World::Post(const std::string& action, std::string json, Door::AnswerFn answer) {
  return AtDoor([this, action, json = std::move(json), answer = std::move(answer)](
                    Door& door, std::size_t asked) {
    door.Post(action, json, [this, answer, asked](const Answer& heard) {
      if (Settle(asked)) answer(heard);
    });
  });
}

}  // namespace treaty::sim
