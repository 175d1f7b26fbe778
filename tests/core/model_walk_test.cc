// Every reachable state of every small TCC, XA, message and workflow keeps every promise.
//
// A changed number of states is a change of protocol: look at it before writing it down.

#include "core/model_walk.h"

#include <gtest/gtest.h>

#include "base/canary.h"

namespace treaty {
namespace {

constexpr auto kDurable = ProgressMode::kDurable;
constexpr auto kBehind = ProgressMode::kBehind;

constexpr std::chrono::seconds kNone(0);
constexpr std::chrono::seconds kDelay(10);

struct Options {
  const char* name;
  ProgressMode progress = kDurable;
  bool concurrent = false;
  std::size_t without_url = 0;  // So many of the branches have none.
};

constexpr Options kPlain{"plain"};
constexpr Options kWrittenBehind{"written behind", kBehind};
constexpr Options kConcurrent{"concurrent", kDurable, true};
constexpr Options kConcurrentBehind{"concurrent, written behind", kBehind, true};
constexpr Options kOneWithoutUrl{"one without URLs", kDurable, false, 1};
constexpr Options kAllWithoutUrls{"all without URLs", kDurable, false, 2};

std::vector<Step> TwoBranches(const Options& options) {
  std::vector<Step> branches = {{"http://a/1", "http://a/undo1", "{}", "01"},
                                {"http://a/2", "http://a/undo2", "{}", "02"}};
  for (std::size_t i = 0; i < options.without_url; ++i) {
    branches[i].action.clear();
    branches[i].compensate.clear();
  }
  return branches;
}

WalkPlan Plan(Model model, const Options& options) {
  WalkPlan plan;
  plan.name = std::string(Name(model)) + ", " + options.name;
  plan.body.gid = "g";
  plan.body.model = model;
  plan.body.prepared = true;
  plan.terms.progress = options.progress;
  plan.terms.concurrent_option = options.concurrent;
  return plan;
}

WalkPlan TwoPhase(Model model, const Options& options) {
  WalkPlan plan = Plan(model, options);
  plan.branches = TwoBranches(options);
  return plan;
}

WalkPlan Message(const Options& options, bool direct, std::chrono::seconds delay) {
  WalkPlan plan = Plan(Model::kMessage, options);
  plan.body.steps = TwoBranches(options);
  for (Step& step : plan.body.steps) {
    step.compensate.clear();
    step.id.clear();
  }
  plan.body.query_prepared = "http://client/asked";
  plan.direct = direct;
  plan.terms.delay = delay;
  return plan;
}

WalkPlan Workflow() {
  WalkPlan plan = Plan(Model::kWorkflow, kPlain);
  plan.body.query_prepared = "http://client/resume";
  plan.branches = {{"", "", "", "01", "action"}, {"", "", "", "02", "action"}};
  return plan;
}

// Its client comes back by itself, or never.
WalkPlan WorkflowLeftAlone() {
  WalkPlan plan = Workflow();
  plan.name += ", without a URL";
  plan.body.query_prepared.clear();
  return plan;
}

void ExpectPromisesKept(const WalkPlan& plan, std::size_t states) {
  ModelWalk walk(plan);
  for (const std::string& violation : walk.Run()) ADD_FAILURE() << plan.name << ": " << violation;
  EXPECT_EQ(walk.states(), states) << plan.name;
}

TEST(ModelWalkTest, Tcc) {
  ExpectPromisesKept(TwoPhase(Model::kTcc, kPlain), 651);
  ExpectPromisesKept(TwoPhase(Model::kTcc, kWrittenBehind), 987);
  ExpectPromisesKept(TwoPhase(Model::kTcc, kConcurrent), 1923);
  ExpectPromisesKept(TwoPhase(Model::kTcc, kConcurrentBehind), 2667);
  ExpectPromisesKept(TwoPhase(Model::kTcc, kOneWithoutUrl), 315);
  ExpectPromisesKept(TwoPhase(Model::kTcc, kAllWithoutUrls), 75);
}

TEST(ModelWalkTest, Xa) {
  ExpectPromisesKept(TwoPhase(Model::kXa, kPlain), 651);
  ExpectPromisesKept(TwoPhase(Model::kXa, kWrittenBehind), 987);
  ExpectPromisesKept(TwoPhase(Model::kXa, kConcurrent), 1923);
}

TEST(ModelWalkTest, PreparedMessage) {
  constexpr bool kDirect = false;
  ExpectPromisesKept(Message(kPlain, kDirect, kNone), 152);
  ExpectPromisesKept(Message(kPlain, kDirect, kDelay), 116);
  ExpectPromisesKept(Message(kWrittenBehind, kDirect, kNone), 246);
  ExpectPromisesKept(Message(kConcurrent, kDirect, kDelay), 362);
  ExpectPromisesKept(Message(kOneWithoutUrl, kDirect, kNone), 82);
}

TEST(ModelWalkTest, DirectMessage) {
  constexpr bool kDirect = true;
  ExpectPromisesKept(Message(kPlain, kDirect, kNone), 111);
  ExpectPromisesKept(Message(kPlain, kDirect, kDelay), 75);
  ExpectPromisesKept(Message(kWrittenBehind, kDirect, kNone), 195);
  ExpectPromisesKept(Message(kConcurrent, kDirect, kDelay), 287);
  ExpectPromisesKept(Message(kOneWithoutUrl, kDirect, kNone), 48);
}

TEST(ModelWalkTest, WorkflowWithTwoRunners) {
  ExpectPromisesKept(Workflow(), 3417);
  ExpectPromisesKept(WorkflowLeftAlone(), 405);
}

#ifdef TREATY_CANARIES
// A walk that finds no mistake is worth nothing: each of these is one.
struct Mistake {
  canary::Canary canary;
  WalkPlan plan;
};

TEST(ModelWalkTest, FindsEachMistake) {
  using canary::Canary;
  for (const Mistake& mistake : {
           Mistake{Canary::kBothDirections, TwoPhase(Model::kTcc, kPlain)},
           Mistake{Canary::kLateRegistration, TwoPhase(Model::kXa, kPlain)},
           Mistake{Canary::kNoTimeout, TwoPhase(Model::kTcc, kPlain)},
           Mistake{Canary::kBranchOrder, TwoPhase(Model::kTcc, kPlain)},
           Mistake{Canary::kBranchOrder, TwoPhase(Model::kXa, kPlain)},
           Mistake{Canary::kFinishesEarly, TwoPhase(Model::kTcc, kPlain)},
           Mistake{Canary::kFinishesEarly, Message(kPlain, true, kNone)},
           Mistake{Canary::kNoCheckBack, Message(kPlain, false, kNone)},
           Mistake{Canary::kUnknownSubmits, Message(kPlain, false, kNone)},
           Mistake{Canary::kNoDelay, Message(kPlain, true, kDelay)},
           Mistake{Canary::kResultRewritten, Workflow()},
           Mistake{Canary::kRunnerToldFailure, Workflow()},
           Mistake{Canary::kResultRewritten, WorkflowLeftAlone()},
           Mistake{Canary::kRunnerToldFailure, WorkflowLeftAlone()},
       }) {
    canary::armed = mistake.canary;
    EXPECT_FALSE(ModelWalk(mistake.plan).Run().empty())
        << static_cast<int>(mistake.canary) << " in " << mistake.plan.name;
    canary::armed = Canary::kNone;
  }
}
#endif

}  // namespace
}  // namespace treaty
