// Every reachable state of every small saga keeps every promise.
//
// A changed number of states is a change of protocol: look at it before writing it down.

#include "core/saga_walk.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

struct Shape {
  const char* name;
  bool concurrent;
  std::vector<std::vector<BranchIndex>> after;
};

struct Case {
  Shape shape;
  ProgressMode progress;
  std::size_t states;
};

WalkSaga Saga(std::uint32_t steps, const Shape& shape, ProgressMode progress) {
  WalkSaga saga;
  saga.name = std::string(shape.name) + (progress == ProgressMode::kDurable ? "" : ", behind");
  saga.body.gid = "g";
  saga.body.steps.resize(steps, Step{"http://a", "http://c", ""});
  saga.terms.concurrent = shape.concurrent;
  saga.terms.after = shape.after;
  saga.terms.progress = progress;
  return saga;
}

// Returns the number of states.
std::size_t CountKeepingPromises(const WalkSaga& saga) {
  SagaWalk walk(saga);
  for (const std::string& violation : walk.Run()) ADD_FAILURE() << saga.name << ": " << violation;
  EXPECT_GT(walk.transitions(), walk.states());
  return walk.states();
}

void ExpectPromisesKept(const WalkSaga& saga, std::size_t states) {
  EXPECT_EQ(CountKeepingPromises(saga), states) << saga.name;
}

// One bit for each URL that a step may do without.
void LeaveOutUrls(Body& body, unsigned bits) {
  for (Step& step : body.steps) {
    if ((bits & 1U) != 0) step.action.clear();
    if ((bits & 2U) != 0) step.compensate.clear();
    bits >>= 2;
  }
}

const Shape kSequential{"sequential", false, {}};
const Shape kConcurrent{"concurrent", true, {}};
const Shape kSecondFirst{"second before first", true, {{{1}}, {}}};
const Shape kThirdAfterBoth{"third after both", true, {{}, {}, {{0}, {1}}}};
const Shape kFirstBeforeBoth{"first before both", true, {{}, {{0}}, {{0}}}};
const Shape kThirdAfterFirst{"third after first, in sequence too", false, {{}, {}, {{0}}}};

constexpr auto kDurable = ProgressMode::kDurable;
constexpr auto kBehind = ProgressMode::kBehind;

TEST(SagaWalkTest, TwoSteps) {
  ExpectPromisesKept(Saga(2, kSequential, kDurable), 327);
  ExpectPromisesKept(Saga(2, kSequential, kBehind), 588);
  ExpectPromisesKept(Saga(2, kConcurrent, kDurable), 3150);
  ExpectPromisesKept(Saga(2, kConcurrent, kBehind), 4760);
  ExpectPromisesKept(Saga(2, kSecondFirst, kDurable), 327);
  ExpectPromisesKept(Saga(2, kSecondFirst, kBehind), 588);
}

TEST(SagaWalkTest, TwoStepsWithARetryLimit) {
  for (const auto& [shape, progress, states] : {
           Case{kSequential, kDurable, 1977},
           Case{kSequential, kBehind, 3294},
           Case{kConcurrent, kDurable, 27014},
           Case{kConcurrent, kBehind, 42318},
       }) {
    WalkSaga saga = Saga(2, shape, progress);
    saga.terms.retry_limit = 1;
    ExpectPromisesKept(saga, states);
  }
}

TEST(SagaWalkTest, TwoStepsWithATimeout) {
  for (const auto& [shape, progress, states] : {
           Case{kSequential, kDurable, 1068},
           Case{kSequential, kBehind, 1895},
           Case{kConcurrent, kDurable, 9438},
           Case{kConcurrent, kBehind, 14494},
       }) {
    WalkSaga saga = Saga(2, shape, progress);
    saga.terms.timeout_to_fail = std::chrono::seconds(60);
    ExpectPromisesKept(saga, states);
  }
}

// Every way to leave out some of the four URLs of two steps; the states of all of them together.
TEST(SagaWalkTest, TwoStepsWithUrlsLeftOut) {
  for (const auto& [shape, progress, states] : {
           Case{kSequential, kDurable, 1473},
           Case{kSequential, kBehind, 1923},
           Case{kConcurrent, kDurable, 5143},
           Case{kSecondFirst, kBehind, 1923},
       }) {
    std::size_t total = 0;
    for (unsigned left_out = 1; left_out < 16; ++left_out) {
      WalkSaga saga = Saga(2, shape, progress);
      LeaveOutUrls(saga.body, left_out);
      total += CountKeepingPromises(saga);
    }
    EXPECT_EQ(total, states) << shape.name;
  }
}

TEST(SagaWalkTest, ThreeStepsInSequence) {
  ExpectPromisesKept(Saga(3, kSequential, kDurable), 726);
  ExpectPromisesKept(Saga(3, kSequential, kBehind), 1742);
  ExpectPromisesKept(Saga(3, kThirdAfterFirst, kDurable), 726);
}

TEST(SagaWalkTest, ThreeStepsWithOrders) {
  ExpectPromisesKept(Saga(3, kThirdAfterBoth, kDurable), 4139);
  ExpectPromisesKept(Saga(3, kThirdAfterBoth, kBehind), 10838);
  ExpectPromisesKept(Saga(3, kFirstBeforeBoth, kDurable), 4737);
}

TEST(SagaWalkTest, ThreeStepsAtOnce) { ExpectPromisesKept(Saga(3, kConcurrent, kDurable), 87710); }

}  // namespace
}  // namespace treaty
