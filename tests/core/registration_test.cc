// What every model that takes registrations makes of the same place twice.

#include <gtest/gtest.h>

#include <memory>

#include "core/model.h"

namespace treaty {
namespace {

Txn Prepared(Model model) {
  auto body = std::make_shared<Body>();
  body->gid = "g";
  body->model = model;
  body->query_prepared = "http://client/";
  return model::Create(body, std::make_shared<Terms>(), TxnStatus::kPrepared,
                       Time(std::chrono::hours(1)));
}

Event At(int seconds, decltype(Event::what) what) {
  return {Time(std::chrono::hours(1) + std::chrono::seconds(seconds)), 1.0, std::move(what)};
}

Registered Registration(const char* payload, const char* op = "") {
  auto step = std::make_shared<Step>();
  step->id = "01";
  step->op = op;
  step->action = "http://bank/confirm";
  step->compensate = "http://bank/cancel";
  step->payload = payload;
  return {step, BranchStatus::kSucceed};
}

class RegistrationTest : public ::testing::TestWithParam<Model> {};

TEST_P(RegistrationTest, TheFirstOfAPlaceStays) {
  const Txn prepared = Prepared(GetParam());
  const Decision first = model::Apply(prepared, At(1, Registration("one")), {});
  ASSERT_EQ(first.durability, Durability::kDurable);
  const Decision second = model::Apply(first.next, At(2, Registration("two")), {});
  EXPECT_EQ(second.durability, Durability::kUnchanged);
  ASSERT_EQ(second.next.registered.size(), 1u);
  EXPECT_EQ(second.next.registered[0]->payload, "one");
  EXPECT_EQ(second.next.branches.size(), 1u);
}

// A place is an id and an operation: a step's action and its rollback are two.
TEST_P(RegistrationTest, EachOperationOfAnIdHasAPlaceOfItsOwn) {
  Txn txn = model::Apply(Prepared(GetParam()), At(1, Registration("one", "action")), {}).next;
  const Decision second = model::Apply(txn, At(2, Registration("two", "rollback")), {});
  EXPECT_EQ(second.durability, Durability::kDurable);
  ASSERT_EQ(second.next.registered.size(), 2u);
  EXPECT_EQ(second.next.registered[1]->payload, "two");
  EXPECT_EQ(second.next.branches.size(), 2u);
}

TEST_P(RegistrationTest, ABranchHasTheTimeOfItsRegistration) {
  const Txn prepared = Prepared(GetParam());
  const Decision first = model::Apply(prepared, At(7, Registration("one")), {});
  EXPECT_EQ(first.next.branches.at(0).created, prepared.created + std::chrono::seconds(7));
}

TEST_P(RegistrationTest, NothingIsAddedOnceItIsFinished) {
  Txn txn = model::Apply(Prepared(GetParam()), At(1, Registration("one")), {}).next;
  txn = model::Apply(txn, At(2, ForceStopped{"operator", "stuck"}), {}).next;
  ASSERT_EQ(txn.status, TxnStatus::kFailed);
  const Decision late = model::Apply(txn, At(3, Registration("late")), {});
  EXPECT_EQ(late.durability, Durability::kUnchanged);
  EXPECT_EQ(late.next.registered.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Models, RegistrationTest,
                         ::testing::Values(Model::kTcc, Model::kXa, Model::kWorkflow));

}  // namespace
}  // namespace treaty
