// A world of several instances that write one record.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "core/model.h"
#include "engine/world.h"

namespace treaty::testing {

// Beside the engine under test there is another instance, of which the test plays the part.
class OthersTest : public ::testing::Test {
 protected:
  OthersTest() {
    world_.leased = true;
    world_.Restart();
    EXPECT_TRUE(world_.store->BeginLease(kOther).ok());
  }

  // Lets time pass in which the other one is alive.
  void Run(Duration duration) {
    const Time end = world_.clock.Now() + duration;
    while (world_.clock.Now() < end) {
      EXPECT_TRUE(world_.store->RenewLease(kOther).ok());
      world_.Run(std::min<Duration>(std::chrono::milliseconds(500), end - world_.clock.Now()));
    }
  }

  void Write(Write::Kind kind, const Txn& txn, const std::string& owner, Time wake = kNever,
             std::size_t added = 0) {
    const struct Write write{.kind = kind,
                             .txn = &txn,
                             .write_id = ++last_id_,
                             .owner = owner,
                             .wake = wake,
                             .added = added};
    Verdict verdict = Verdict::kStale;
    ASSERT_TRUE(world_.store->Commit({&write, 1}, {&verdict, 1}).ok());
    ASSERT_EQ(verdict, Verdict::kStored);
  }

  // What the other one has stored and drives.
  void Theirs(const TxnRequest& request, TxnStatus status) {
    Txn txn = model::Create(request.body, request.terms, status, world_.clock.Now());
    txn.version = 1;
    Write(Write::Kind::kInsert, txn, kOther.owner);
  }

  // The other one's next write, or a client's request served there where the record is ours.
  void Change(const std::string& gid, const std::function<void(Txn&)>& change, Time wake = kNever) {
    StoredTxn stored = world_.Stored(gid);
    const std::size_t before = stored.txn.registered.size();
    change(stored.txn);
    ++stored.txn.version;
    const std::size_t added = stored.txn.registered.size() - before;
    Write(Write::Kind::kUpdate, stored.txn, stored.owner, wake, added);
  }

  void FinishElsewhere(const std::string& gid) {
    Change(gid, [this](Txn& txn) {
      txn.status = TxnStatus::kSucceed;
      txn.finished = world_.clock.Now();
    });
  }

  // A client that waits here for what is driven elsewhere.
  World::AnswerPlace WaitFor(const std::string& gid) {
    Terms waiting;
    waiting.wait_result = true;
    return world_.Submit(World::Saga(gid, 1, waiting));
  }

  inline static const LeaseTerms kOther{"other", "other/1", std::chrono::seconds(6)};
  std::uint64_t last_id_ = 100;
  World world_;
};

}  // namespace treaty::testing
