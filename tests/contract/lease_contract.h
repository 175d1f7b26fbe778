// The promises of store/store.h about leases, for every store that several processes may reach.

#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "contract/store_contract.h"

namespace treaty::store_test {

// The factory's `Pass(duration)` lets the database's clock go on.
template <typename Factory>
class LeaseContract : public StoreContract<Factory> {
 protected:
  static LeaseTerms Of(const char* instance, const char* owner, int millis = 60'000) {
    return {instance, owner, Duration(millis)};
  }
  void Pass(Duration duration) { this->factory().Pass(duration); }
  Code Begin(const LeaseTerms& terms) { return this->store().BeginLease(terms).code(); }
  Code Renew(const LeaseTerms& terms) { return this->store().RenewLease(terms).code(); }
};

TYPED_TEST_SUITE_P(LeaseContract);

TYPED_TEST_P(LeaseContract, IsOnePersonsUntilItEnds) {
  const LeaseTerms first = this->Of("a", "a/1");
  const LeaseTerms other = this->Of("b", "b/1");
  EXPECT_EQ(this->Begin(first), Code::kOk);
  EXPECT_EQ(this->Begin(other), Code::kAlreadyExists);
  EXPECT_EQ(this->Renew(other), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(first), Code::kOk);
  EXPECT_EQ(this->Renew(first), Code::kOk);
  EXPECT_TRUE(this->store().EndLease("a/1").ok());
  EXPECT_EQ(this->Renew(first), Code::kFailedPrecondition);
  EXPECT_EQ(this->Begin(other), Code::kOk);
}

TYPED_TEST_P(LeaseContract, EndsByItselfAndIsTakenOver) {
  const LeaseTerms first = this->Of("a", "a/1", 150);
  const LeaseTerms other = this->Of("b", "b/1");
  ASSERT_EQ(this->Begin(first), Code::kOk);
  EXPECT_EQ(this->Begin(other), Code::kAlreadyExists);
  this->Pass(Duration(250));
  EXPECT_EQ(this->Renew(first), Code::kOk) << "nobody has taken it";
  this->Pass(Duration(250));
  EXPECT_EQ(this->Begin(other), Code::kOk);
  EXPECT_EQ(this->Renew(first), Code::kFailedPrecondition);
  EXPECT_TRUE(this->store().EndLease("a/1").ok());
  EXPECT_EQ(this->Renew(other), Code::kOk) << "what is over was ended, not what took its place";
}

TYPED_TEST_P(LeaseContract, OfAFormerStartIsTakenOverAtOnce) {
  const LeaseTerms former = this->Of("a", "a/1");
  const LeaseTerms present = this->Of("a", "a/2");
  ASSERT_EQ(this->Begin(former), Code::kOk);
  EXPECT_EQ(this->Begin(present), Code::kOk);
  EXPECT_EQ(this->Renew(former), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(present), Code::kOk);
}

TYPED_TEST_P(LeaseContract, GoesToOneOfManyThatCome) {
  std::atomic<int> begun = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i, &begun] {
      const std::string name = "i" + std::to_string(i);
      const Status status = this->store().BeginLease({name, name + "/1", std::chrono::seconds(60)});
      EXPECT_TRUE(status.ok() || status.code() == Code::kAlreadyExists) << status.message();
      begun += status.ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(begun, 1);
}

REGISTER_TYPED_TEST_SUITE_P(LeaseContract, IsOnePersonsUntilItEnds, EndsByItselfAndIsTakenOver,
                            OfAFormerStartIsTakenOverAtOnce, GoesToOneOfManyThatCome);

}  // namespace treaty::store_test
