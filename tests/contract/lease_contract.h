// The promises of store/store.h about leases, for every store that several processes may reach.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "contract/store_contract.h"

namespace treaty::store_test {

// The factory's `Another()` returns the store as another process has it: null where there is one
// store for all.
template <typename Factory>
class LeaseContract : public StoreContract<Factory> {
 protected:
  LeaseContract() : own_(this->factory().Another()) {}

  static LeaseTerms Of(const char* instance, const char* owner) {
    return {instance, owner, std::chrono::seconds(6)};
  }
  Store& another() { return own_ ? *own_ : this->store(); }
  Code Begin(const LeaseTerms& terms) { return another().BeginLease(terms).code(); }
  Code Renew(const LeaseTerms& terms) { return this->store().RenewLease(terms).code(); }
  Code Reap(const LeaseRow& row) { return another().ReapLease(row).code(); }

  // The lease of `owner` as it is found now.
  LeaseRow Found(const std::string& owner) {
    const Result<std::vector<LeaseRow>> rows = this->store().FindLeases();
    if (!rows.ok()) return {};
    const auto row = std::ranges::find(*rows, owner, &LeaseRow::owner);
    return row == rows->end() ? LeaseRow{} : *row;
  }
  Findings Look(const std::string& owner) { return *this->store().Look(owner, At(50), {}, 10); }

 private:
  std::unique_ptr<Store> own_;
};

TYPED_TEST_SUITE_P(LeaseContract);

TYPED_TEST_P(LeaseContract, EveryInstanceHasOne) {
  const LeaseTerms first = this->Of("a", "a/1");
  const LeaseTerms other = this->Of("b", "b/1");
  EXPECT_EQ(this->Renew(first), Code::kFailedPrecondition);
  EXPECT_EQ(this->Begin(first), Code::kOk);
  EXPECT_EQ(this->Begin(other), Code::kOk);
  EXPECT_EQ(this->Renew(first), Code::kOk);
  EXPECT_EQ(this->Renew(other), Code::kOk);
  EXPECT_EQ(this->Found("a/1").instance, "a");
  EXPECT_EQ(this->Found("b/1").instance, "b");
  EXPECT_TRUE(this->store().EndLease("a/1").ok());
  EXPECT_EQ(this->Renew(first), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(other), Code::kOk);
}

TYPED_TEST_P(LeaseContract, OneStartOfAnInstanceHasIt) {
  const LeaseTerms former = this->Of("a", "a/1");
  const LeaseTerms present = this->Of("a", "a/2");
  ASSERT_EQ(this->Begin(former), Code::kOk);
  EXPECT_EQ(this->Begin(present), Code::kAlreadyExists);
  EXPECT_EQ(this->Renew(present), Code::kFailedPrecondition);
  EXPECT_TRUE(this->store().EndLease("a/1").ok());
  EXPECT_EQ(this->Begin(present), Code::kOk);
  EXPECT_EQ(this->Renew(former), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(present), Code::kOk);
}

TYPED_TEST_P(LeaseContract, IsReapedOnlyAsItWasFound) {
  const LeaseTerms terms = this->Of("a", "a/1");
  ASSERT_EQ(this->Begin(terms), Code::kOk);
  const LeaseRow old = this->Found("a/1");
  ASSERT_EQ(this->Renew(terms), Code::kOk);
  EXPECT_GT(this->Found("a/1").renewals, old.renewals);
  EXPECT_EQ(this->Reap(old), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(terms), Code::kOk);

  const LeaseRow found = this->Found("a/1");
  EXPECT_EQ(this->Reap(found), Code::kOk);
  EXPECT_EQ(this->Reap(found), Code::kFailedPrecondition);
  EXPECT_EQ(this->Renew(terms), Code::kFailedPrecondition);
}

TYPED_TEST_P(LeaseContract, GoesToOneStartOfManyThatCome) {
  constexpr int kMany = 8;
  std::atomic<int> begun = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kMany; ++i) {
    threads.emplace_back([this, i, &begun] {
      const std::unique_ptr<Store> own = this->factory().Another();
      Store& store = own ? *own : this->store();
      const Status status =
          store.BeginLease({"a", "a/" + std::to_string(i), std::chrono::seconds(6)});
      EXPECT_TRUE(status.ok() || status.code() == Code::kAlreadyExists) << status.message();
      if (status.ok()) ++begun;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(begun, 1);
}

TYPED_TEST_P(LeaseContract, ALookShowsAllLeases) {
  ASSERT_EQ(this->Begin(this->Of("a", "a/1")), Code::kOk);
  ASSERT_EQ(this->Begin(this->Of("b'", "b'/%")), Code::kOk);
  ASSERT_EQ(this->Renew(this->Of("a", "a/1")), Code::kOk);
  std::vector<LeaseRow> leases = this->Look("a/1").leases;
  std::ranges::sort(leases, {}, &LeaseRow::owner);
  ASSERT_EQ(leases.size(), 2u);
  EXPECT_EQ(leases[0].owner, "a/1");
  EXPECT_EQ(leases[0].instance, "a");
  EXPECT_EQ(leases[0].renewals, this->Found("a/1").renewals);
  EXPECT_NE(leases[0].renewed, kNever);
  EXPECT_EQ(leases[1].owner, "b'/%");
  EXPECT_EQ(leases[1].renewals, 0u);
}

TYPED_TEST_P(LeaseContract, ALookShowsOnesOwnThatSomebodyElseHasChanged) {
  this->Stored(MakeTxn("asleep"), "", At(20));
  this->Stored(MakeTxn("mine"), "me", kNever);
  this->Stored(MakeTxn("changed"), "me", At(10));
  this->Stored(MakeTxn("later"), "me", At(51));
  this->Stored(MakeTxn("others"), "other", At(10));
  const Findings found = this->Look("me");
  EXPECT_EQ(Gids(Result(found.due)), (std::vector<std::string>{"changed", "asleep"}));
  EXPECT_EQ(found.due[0].owner, "me");
  EXPECT_EQ(found.due[0].wake, At(10));
  EXPECT_EQ(found.due[1].owner, "");
  const Findings page = *this->store().Look("me", At(50), {At(10), "changed"}, 1);
  EXPECT_EQ(Gids(Result(page.due)), (std::vector<std::string>{"asleep"}));
}

TYPED_TEST_P(LeaseContract, WhatNobodyWithALeaseOwnsIsLeftBehind) {
  ASSERT_EQ(this->Begin(this->Of("a", "a/1")), Code::kOk);
  ASSERT_EQ(this->Begin(this->Of("b", "b/1")), Code::kOk);
  this->Stored(MakeTxn("1"), "a/1");
  this->Stored(MakeTxn("2"), "b/1");
  this->Stored(MakeTxn("3"), "");
  EXPECT_FALSE(this->Look("a/1").orphans);
  EXPECT_TRUE(this->store().FindOrphans("a/1", {}, 10)->empty());

  ASSERT_TRUE(this->store().EndLease("b/1").ok());
  EXPECT_TRUE(this->Look("a/1").orphans);
  const std::vector<DueKey> orphans = *this->store().FindOrphans("a/1", {}, 10);
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0].gid, "2");
  EXPECT_EQ(orphans[0].owner, "b/1");
  EXPECT_FALSE(this->Look("b/1").orphans) << "one's own are not left behind";
}

REGISTER_TYPED_TEST_SUITE_P(LeaseContract, EveryInstanceHasOne, OneStartOfAnInstanceHasIt,
                            IsReapedOnlyAsItWasFound, GoesToOneStartOfManyThatCome,
                            ALookShowsAllLeases, ALookShowsOnesOwnThatSomebodyElseHasChanged,
                            WhatNobodyWithALeaseOwnsIsLeftBehind);

}  // namespace treaty::store_test
