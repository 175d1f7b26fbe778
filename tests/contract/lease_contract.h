// The promises of store/store.h about leases, for every store that several processes may reach.

#pragma once

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "contract/renewer.h"
#include "contract/store_contract.h"

namespace treaty::store_test {

// The factory's `Pass(duration)` lets the database's clock go on, and `Another()` returns the store
// as another process has it: null where there is one store for all.
template <typename Factory>
class LeaseContract : public StoreContract<Factory> {
 protected:
  static constexpr Duration kLength{1'000};

  LeaseContract() : own_(this->factory().Another()) {}

  static LeaseTerms Of(const char* instance, const char* owner) {
    return {instance, owner, kLength};
  }
  void Pass(Duration duration) { this->factory().Pass(duration); }
  Store& another() { return own_ ? *own_ : this->store(); }
  Code Begin(const LeaseTerms& terms) { return another().BeginLease(terms).code(); }
  Code Renew(const LeaseTerms& terms) { return this->store().RenewLease(terms).code(); }

 private:
  std::unique_ptr<Store> own_;
};

TYPED_TEST_SUITE_P(LeaseContract);

TYPED_TEST_P(LeaseContract, IsOnePersonsUntilItEnds) {
  const LeaseTerms first = this->Of("a", "a/1");
  const LeaseTerms other = this->Of("b", "b/1");
  EXPECT_EQ(this->Begin(first), Code::kOk);
  {
    const Renewer alive(this->store(), first);
    EXPECT_EQ(this->Begin(other), Code::kAlreadyExists);
  }
  EXPECT_EQ(this->Renew(other), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(first), Code::kOk);
  EXPECT_TRUE(this->store().EndLease("a/1").ok());
  EXPECT_EQ(this->Renew(first), Code::kFailedPrecondition);
  EXPECT_EQ(this->Begin(other), Code::kOk);
}

TYPED_TEST_P(LeaseContract, EndsByItselfAndIsTakenOver) {
  const LeaseTerms first = this->Of("a", "a/1");
  const LeaseTerms other = this->Of("b", "b/1");
  ASSERT_EQ(this->Begin(first), Code::kOk);
  this->Pass(this->kLength + Duration(100));
  EXPECT_EQ(this->Renew(first), Code::kOk) << "nobody has taken it";
  this->Pass(this->kLength + Duration(100));
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
  constexpr int kMany = 8;
  std::atomic<int> begun = 0;
  std::latch decided(kMany);
  std::vector<std::thread> threads;
  for (int i = 0; i < kMany; ++i) {
    threads.emplace_back([this, i, &begun, &decided] {
      const std::unique_ptr<Store> own = this->factory().Another();
      Store& store = own ? *own : this->store();
      const std::string name = "i" + std::to_string(i);
      const LeaseTerms terms{name, name + "/1", this->kLength};
      const Status status = store.BeginLease(terms);
      EXPECT_TRUE(status.ok() || status.code() == Code::kAlreadyExists) << status.message();
      if (!status.ok()) return decided.count_down();
      ++begun;
      const Renewer alive(store, terms);
      decided.arrive_and_wait();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(begun, 1);
}

REGISTER_TYPED_TEST_SUITE_P(LeaseContract, IsOnePersonsUntilItEnds, EndsByItselfAndIsTakenOver,
                            OfAFormerStartIsTakenOverAtOnce, GoesToOneOfManyThatCome);

}  // namespace treaty::store_test
