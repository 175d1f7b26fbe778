// How readings that wait are put together.

#include "engine/record_reads.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/failing_store.h"
#include "engine/world.h"
#include "store/memory/memory_store.h"

namespace treaty::testing {
namespace {

// Tasks that wait until they are run by hand.
class Queue final : public Executor {
 public:
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  std::size_t size() const { return tasks_.size(); }
  void RunOne() {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  void RunAll() {
    while (!tasks_.empty()) RunOne();
  }

 private:
  std::deque<std::function<void()>> tasks_;
};

class RecordReadsTest : public ::testing::Test {
 protected:
  // Notes how many were asked for at once.
  class Counting final : public Store {
   public:
    explicit Counting(Store& store) : store_(store) {}
    std::vector<Result<std::optional<StoredTxn>>> LoadMany(
        std::span<const std::string> gids) override {
      batches.push_back(gids.size());
      return store_.LoadMany(gids);
    }
    std::vector<std::size_t> batches;

    Status Commit(std::span<const Write> w, std::span<Verdict> v) override {
      return store_.Commit(w, v);
    }
    Result<std::optional<StoredTxn>> Load(const std::string& gid) override {
      return store_.Load(gid);
    }
    Result<Findings> Look(const std::string& o, Time u, const DueKey& a, std::size_t l) override {
      return store_.Look(o, u, a, l);
    }
    Result<std::vector<DueKey>> FindOrphans(const std::string& o, const DueKey& a,
                                            std::size_t l) override {
      return store_.FindOrphans(o, a, l);
    }
    Result<std::vector<DueKey>> FindLater(const DueKey& a, std::size_t l) override {
      return store_.FindLater(a, l);
    }
    Result<ParkedPage> CountParked(const DueKey& a, std::size_t l) override {
      return store_.CountParked(a, l);
    }
    Result<ListPage> List(const ListFilter& filter) override { return store_.List(filter); }
    Result<std::optional<KvEntry>> LoadKv(const std::string& c, const std::string& k) override {
      return store_.LoadKv(c, k);
    }
    Result<KvPage> ListKv(const KvFilter& filter) override { return store_.ListKv(filter); }
    Result<std::size_t> Prune(Time b, std::size_t l) override { return store_.Prune(b, l); }
    Status BeginLease(const LeaseTerms& t) override { return store_.BeginLease(t); }
    Status RenewLease(const LeaseTerms& t) override { return store_.RenewLease(t); }
    Status EndLease(const std::string& o) override { return store_.EndLease(o); }
    Result<std::vector<LeaseRow>> FindLeases() override { return store_.FindLeases(); }
    Status ReapLease(const LeaseRow& f) override { return store_.ReapLease(f); }
    Status CheckWritable() override { return store_.CheckWritable(); }
    const Clock& clock() const override { return store_.clock(); }

   private:
    Store& store_;
  };

  void Ask(int from, int to) {
    for (int i = from; i < to; ++i) {
      reads_.Add("g" + std::to_string(i), [this, i](const auto& record) {
        told_.push_back(i);
        troubles_ += record.ok() ? 0 : 1;
      });
    }
  }

  World world_;
  Counting store_{world_.failing};
  Queue queue_;
  RecordReads reads_{queue_, store_};
  std::vector<int> told_;
  int troubles_ = 0;
};

TEST_F(RecordReadsTest, ALoneOneIsReadAtOnce) {
  Ask(0, 1);
  EXPECT_EQ(queue_.size(), 1U);
  queue_.RunAll();
  EXPECT_EQ(store_.batches, std::vector<std::size_t>{1});
  EXPECT_EQ(told_, std::vector<int>{0});
}

TEST_F(RecordReadsTest, ThoseThatWaitAreReadTogetherInTurn) {
  Ask(0, 40);
  EXPECT_EQ(queue_.size(), 3U) << "side by side";
  queue_.RunAll();
  EXPECT_EQ(store_.batches, (std::vector<std::size_t>{16, 16, 8}));
  ASSERT_EQ(told_.size(), 40U);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(told_[static_cast<std::size_t>(i)], i);
}

TEST_F(RecordReadsTest, WhatComesLaterIsReadToo) {
  Ask(0, 20);
  queue_.RunOne();
  Ask(20, 25);
  queue_.RunAll();
  EXPECT_EQ(told_.size(), 25U);
  Ask(25, 26);
  queue_.RunAll();
  EXPECT_EQ(told_.size(), 26U);
}

TEST_F(RecordReadsTest, EachIsToldOfTheTrouble) {
  world_.failing.FailLoadsWith({Code::kUnavailable, "away"});
  Ask(0, 20);
  queue_.RunAll();
  EXPECT_EQ(troubles_, 20);
}

}  // namespace
}  // namespace treaty::testing
