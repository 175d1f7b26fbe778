// The promises of store/store.h about the walk through what is parked, for every store.

#pragma once

#include <gtest/gtest.h>

#include "contract/store_contract.h"

namespace treaty::store_test {

template <typename Factory>
class ParkedContract : public StoreContract<Factory> {};

TYPED_TEST_SUITE_P(ParkedContract);

TYPED_TEST_P(ParkedContract, CountsWhatIsParkedPartByPart) {
  const auto stored = [this](const char* gid, int created, const char* owner, Time wake) {
    Txn txn = MakeTxn(gid);
    txn.created = At(created);
    this->Stored(txn, owner, wake);
  };
  EXPECT_EQ(this->store().CountParked({}, 10)->count, 0u);
  stored("resting", 1'003, "", kNever);
  stored("soon", 1'001, "", At(20));
  stored("late", 1'002, "", At(30));
  stored("owned", 1'000, "me", At(10));
  Txn done = MakeTxn("done", TxnStatus::kSucceed);
  done.finished = At(5);
  this->Stored(done);

  const ParkedPage all = *this->store().CountParked({}, 10);
  EXPECT_EQ(all.count, 3u);
  EXPECT_EQ(all.oldest, At(1'001));
  const ParkedPage first = *this->store().CountParked({}, 2);
  EXPECT_EQ(first.count, 2u);
  EXPECT_EQ(first.last.gid, "soon");
  const ParkedPage rest = *this->store().CountParked(first.last, 2);
  EXPECT_EQ(rest.count, 1u);
  EXPECT_EQ(rest.oldest, At(1'002));
}

REGISTER_TYPED_TEST_SUITE_P(ParkedContract, CountsWhatIsParkedPartByPart);

}  // namespace treaty::store_test
