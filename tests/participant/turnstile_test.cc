// Whose turn it is, where a lane has more calls than it may make at a time.

#include "participant/turnstile.h"

#include <gtest/gtest.h>

#include <vector>

namespace treaty::test {
namespace {

// Starts every call that may start; returns how many of each gate did.
std::vector<std::size_t> StartAll(Turnstile& turnstile, std::vector<Gate>& gates) {
  std::vector<std::size_t> started(gates.size());
  for (Gate& gate : gates) turnstile.LineUp(gate);
  turnstile.ServeAll([&](Gate& gate) {
    turnstile.Started(gate);
    ++started[static_cast<std::size_t>(&gate - gates.data())];
  });
  return started;
}

Gate With(std::size_t queued, std::uint32_t timeouts = 0) {
  Gate gate;
  gate.queued = queued;
  gate.timeouts = timeouts;
  return gate;
}

TEST(TurnstileTest, DestinationsTakeTurns) {
  Turnstile turnstile({.per_gate = 10, .total = 9});
  std::vector<Gate> gates = {With(100), With(100), With(2)};
  EXPECT_EQ(StartAll(turnstile, gates), std::vector<std::size_t>({4, 3, 2}));
}

TEST(TurnstileTest, NoneHasMoreThanItsShare) {
  Turnstile turnstile({.per_gate = 2, .total = 100});
  std::vector<Gate> gates = {With(100), With(1)};
  EXPECT_EQ(StartAll(turnstile, gates), std::vector<std::size_t>({2, 1}));
  turnstile.Ended(gates[0], false);
  EXPECT_EQ(StartAll(turnstile, gates), std::vector<std::size_t>({1, 0}));
}

// Whoever let three calls in a row time out gets one at a time, until it answers.
TEST(TurnstileTest, ASuspectHasOneCallAtATime) {
  Turnstile turnstile({.per_gate = 10, .total = 100});
  std::vector<Gate> gates = {With(50, Gate::kSuspectAfter)};
  EXPECT_EQ(StartAll(turnstile, gates), std::vector<std::size_t>({1}));
  gates[0].timeouts = 0;
  turnstile.Ended(gates[0], true);
  EXPECT_EQ(StartAll(turnstile, gates), std::vector<std::size_t>({10}));
}

TEST(TurnstileTest, AllSuspectsTogetherHaveHalfOfTheTotal) {
  Turnstile turnstile({.per_gate = 10, .total = 10});
  std::vector<Gate> gates(20, With(5, Gate::kSuspectAfter));
  gates.push_back(With(50));
  const std::vector<std::size_t> started = StartAll(turnstile, gates);
  std::size_t suspects = 0;
  for (std::size_t i = 0; i < 20; ++i) suspects += started[i];
  EXPECT_EQ(suspects, 5u);
  EXPECT_EQ(started[20], 5u);
}

}  // namespace
}  // namespace treaty::test
