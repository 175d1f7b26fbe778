// The faults that the memory store can be told to have.

#include "store/memory/memory_store.h"

#include "contract/store_fixtures.h"

namespace treaty {
namespace {

using store_test::At;
using store_test::InsertOf;
using store_test::LoadOrNothing;
using store_test::MakeTxn;

class StoppedClock final : public Clock {
 public:
  Time Now() const override { return At(5); }
};

class MemoryStoreTest : public ::testing::Test {
 protected:
  Status CommitWith(CommitFault fault) {
    store_->InjectFault(fault);
    const Write write = InsertOf(txn_);
    Verdict verdict = Verdict::kIllegal;
    return store_->Commit({&write, 1}, {&verdict, 1});
  }

  const Txn txn_ = MakeTxn("g1");
  StoppedClock clock_;
  std::unique_ptr<MemoryStore> store_ = MakeMemoryStore(clock_);
};

TEST_F(MemoryStoreTest, ARefusedCommitStoresNothing) {
  EXPECT_EQ(CommitWith(CommitFault::kRefused).code(), Code::kUnavailable);
  EXPECT_EQ(store_->size(), 0u);
}

TEST_F(MemoryStoreTest, ALostRequestStoresNothing) {
  EXPECT_EQ(CommitWith(CommitFault::kLostRequest).code(), Code::kUnknown);
  EXPECT_EQ(store_->size(), 0u);
}

TEST_F(MemoryStoreTest, ALostAnswerLeavesTheWriteStored) {
  EXPECT_EQ(CommitWith(CommitFault::kLostAnswer).code(), Code::kUnknown);
  EXPECT_TRUE(LoadOrNothing(*store_, "g1"));
}

TEST_F(MemoryStoreTest, AFaultHitsOneCommitOnly) {
  EXPECT_FALSE(CommitWith(CommitFault::kRefused).ok());
  EXPECT_TRUE(CommitWith(CommitFault::kNone).ok());
  EXPECT_EQ(store_->size(), 1u);
}

TEST_F(MemoryStoreTest, LosesAnEditAsItLosesATransaction) {
  const KvEdit edit{.cat = "topics", .key = "t", .value = "[]"};
  const Write write{.kind = Write::Kind::kEdit, .write_id = 1, .edit = &edit};
  Verdict verdict = Verdict::kIllegal;
  store_->InjectFault(CommitFault::kLostRequest);
  EXPECT_EQ(store_->Commit({&write, 1}, {&verdict, 1}).code(), Code::kUnknown);
  EXPECT_FALSE(store_->LoadKv("topics", "t")->has_value());
  store_->InjectFault(CommitFault::kLostAnswer);
  EXPECT_EQ(store_->Commit({&write, 1}, {&verdict, 1}).code(), Code::kUnknown);
  EXPECT_TRUE(store_->LoadKv("topics", "t")->has_value());
}

TEST_F(MemoryStoreTest, ShowsTheTimeOfTheClockItWasGiven) {
  EXPECT_EQ(store_->clock().Now(), At(5));
}

}  // namespace
}  // namespace treaty
