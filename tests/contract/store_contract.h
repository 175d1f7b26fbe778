// The promises of store/store.h, for every store.
//
// One typed suite; each store's test file instantiates it with a factory of its own.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "contract/store_fixtures.h"

namespace treaty::store_test {

// `Factory` is default-constructed per test, owns the store, and returns it from `store()`.
template <typename Factory>
class StoreContract : public ::testing::Test {
 protected:
  Store& store() { return factory_.store(); }
  Factory& factory() { return factory_; }

  void Stored(const Txn& txn, const std::string& owner = "", Time wake = kNever) {
    ASSERT_EQ(CommitOne(store(), WakingAt(wake, OwnedBy(owner, InsertOf(txn)))), Verdict::kStored);
  }

  // Walks the list page by page.
  std::vector<std::string> ListAll(ListFilter filter) {
    std::vector<std::string> gids;
    for (;;) {
      const Result<ListPage> page = store().List(filter);
      for (const std::string& gid : Gids(page)) gids.push_back(gid);
      if (!page.ok() || page->next_position.empty()) return gids;
      filter.position = page->next_position;
    }
  }

 private:
  Factory factory_;
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, ReturnsEveryFieldAsItWasStored) {
  const Txn txn = EveryFieldSet("g1");
  Write write = WakingAt(At(77), InsertOf(txn, 0xfedc'ba98'7654'3210));
  ASSERT_EQ(CommitOne(this->store(), write), Verdict::kStored);

  const auto stored = LoadOrNothing(this->store(), "g1");
  ASSERT_TRUE(stored);
  ExpectSameProgress(stored->txn, txn);
  ExpectSameBody(*stored->txn.body, *txn.body);
  ExpectSameTerms(*stored->txn.terms, *txn.terms);
  EXPECT_EQ(stored->write_id, 0xfedc'ba98'7654'3210);
  EXPECT_EQ(stored->owner, "");
  EXPECT_EQ(stored->wake, At(77));
}

TYPED_TEST_P(StoreContract, ForgetsWhatOnlyAProcessKnows) {
  Txn txn = MakeTxn("g1");
  txn.live = {.backed_off = true, .hold_until = At(5)};
  this->Stored(txn);
  EXPECT_EQ(LoadOrNothing(this->store(), "g1")->txn.live, Live());
}

TYPED_TEST_P(StoreContract, LoadsNothingForAnUnknownGid) {
  this->Stored(MakeTxn("g1"));
  EXPECT_FALSE(LoadOrNothing(this->store(), "g2"));
  EXPECT_FALSE(LoadOrNothing(this->store(), ""));
}

TYPED_TEST_P(StoreContract, RefusesAnInsertOfATakenGidAndChangesNothing) {
  const Txn first = MakeTxn("g1");
  this->Stored(first);
  Txn second = MakeTxn("g1", TxnStatus::kPrepared, 3);
  EXPECT_EQ(CommitOne(this->store(), InsertOf(second, 9)), Verdict::kExists);

  const auto stored = LoadOrNothing(this->store(), "g1");
  ExpectSameProgress(stored->txn, first);
  ExpectSameBody(*stored->txn.body, *first.body);
  EXPECT_EQ(stored->write_id, 1u);
}

TYPED_TEST_P(StoreContract, CountsARepeatedWriteOfItsOwnAsStored) {
  const Txn first = MakeTxn("g1");
  EXPECT_EQ(CommitOne(this->store(), InsertOf(first, 7)), Verdict::kStored);
  EXPECT_EQ(CommitOne(this->store(), InsertOf(first, 7)), Verdict::kStored);
  const Txn second = Next(first, TxnStatus::kAborting);
  EXPECT_EQ(CommitOne(this->store(), UpdateOf(second, 8)), Verdict::kStored);
  EXPECT_EQ(CommitOne(this->store(), UpdateOf(second, 8)), Verdict::kStored);
  EXPECT_EQ(CommitOne(this->store(), InsertOf(first, 7)), Verdict::kExists);
  EXPECT_EQ(LoadOrNothing(this->store(), "g1")->txn.version, 2u);
}

TYPED_TEST_P(StoreContract, RefusesAStaleUpdateAndChangesNothing) {
  const Txn first = MakeTxn("g1");
  this->Stored(first);
  const Txn second = Next(first, TxnStatus::kSubmitted);
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(second, 2)), Verdict::kStored);

  Txn rival = Next(first, TxnStatus::kAborting);
  EXPECT_EQ(CommitOne(this->store(), UpdateOf(rival, 3)), Verdict::kStale);
  rival.version = 4;
  EXPECT_EQ(CommitOne(this->store(), UpdateOf(rival, 3)), Verdict::kStale);
  ExpectSameProgress(LoadOrNothing(this->store(), "g1")->txn, second);
}

TYPED_TEST_P(StoreContract, RefusesAnUpdateOfAnUnknownGid) {
  const Txn txn = Next(MakeTxn("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(CommitOne(this->store(), UpdateOf(txn)), Verdict::kStale);
  EXPECT_FALSE(LoadOrNothing(this->store(), "g1"));
}

TYPED_TEST_P(StoreContract, AllowsExactlyTheMovesOfTheTable) {
  constexpr TxnStatus kAll[] = {TxnStatus::kPrepared, TxnStatus::kSubmitted, TxnStatus::kAborting,
                                TxnStatus::kSucceed, TxnStatus::kFailed};
  int stored = 0;
  for (const TxnStatus from : kAll) {
    for (const TxnStatus to : kAll) {
      for (const bool forced : {false, true}) {
        const std::string gid =
            std::string(Name(from)) + std::string(Name(to)) + (forced ? "!" : "");
        Txn first = MakeTxn(gid, from);
        if (first.IsFinished()) first.finished = first.updated;
        this->Stored(first);
        Txn second = Next(first, to);
        if (forced) second.force = {.who = "w", .why = "y", .when = At(3)};
        const bool legal = IsLegalMove(Model::kSaga, from, to, forced);
        stored += legal ? 1 : 0;
        EXPECT_EQ(CommitOne(this->store(), UpdateOf(second)),
                  legal ? Verdict::kStored : Verdict::kIllegal)
            << gid;
        EXPECT_EQ(LoadOrNothing(this->store(), gid)->txn.status, legal ? to : from) << gid;
      }
    }
  }
  EXPECT_GT(stored, 5);
}

TYPED_TEST_P(StoreContract, JudgesEachWriteOfABatchOnItsOwn) {
  const Txn known = MakeTxn("known");
  const Txn moved = MakeTxn("moved");
  const Txn done = Next(MakeTxn("done"), TxnStatus::kSucceed);
  this->Stored(known);
  this->Stored(moved);
  this->Stored(MakeTxn("done"));
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(done)), Verdict::kStored);
  const Txn moved_on = Next(moved, TxnStatus::kSubmitted);
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(moved_on)), Verdict::kStored);

  const Txn fresh = MakeTxn("fresh");
  const Txn known_next = Next(known, TxnStatus::kSucceed);
  const Txn rival = Next(moved, TxnStatus::kAborting);
  const Txn late = Next(done, TxnStatus::kAborting);
  const Txn taken = MakeTxn("taken");
  this->Stored(taken);
  const std::vector<Verdict> verdicts =
      CommitAll(this->store(), {UpdateOf(rival, 21), InsertOf(fresh, 22), UpdateOf(late, 23),
                                InsertOf(taken, 24), UpdateOf(known_next, 25)});

  EXPECT_EQ(verdicts, (std::vector<Verdict>{Verdict::kStale, Verdict::kStored, Verdict::kIllegal,
                                            Verdict::kExists, Verdict::kStored}));
  EXPECT_EQ(LoadOrNothing(this->store(), "moved")->txn.status, TxnStatus::kSubmitted);
  EXPECT_EQ(LoadOrNothing(this->store(), "fresh")->txn.status, TxnStatus::kSubmitted);
  EXPECT_EQ(LoadOrNothing(this->store(), "done")->txn.status, TxnStatus::kSucceed);
  EXPECT_EQ(LoadOrNothing(this->store(), "known")->txn.status, TxnStatus::kSucceed);
}

TYPED_TEST_P(StoreContract, AcceptsAnEmptyBatch) { EXPECT_TRUE(this->store().Commit({}, {}).ok()); }

TYPED_TEST_P(StoreContract, RewritesTheTermsOnlyWhenToldSo) {
  Txn txn = MakeTxn("g1", TxnStatus::kPrepared);
  this->Stored(txn);
  txn = Next(txn, TxnStatus::kPrepared);
  txn.terms = std::make_shared<Terms>(EveryTermSet());
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(txn, 2)), Verdict::kStored);
  ExpectSameTerms(*LoadOrNothing(this->store(), "g1")->txn.terms, Terms());

  txn = Next(txn, TxnStatus::kSubmitted);
  Write write = UpdateOf(txn, 3);
  write.terms_changed = true;
  ASSERT_EQ(CommitOne(this->store(), write), Verdict::kStored);
  ExpectSameTerms(*LoadOrNothing(this->store(), "g1")->txn.terms, EveryTermSet());
  ExpectSameBody(*LoadOrNothing(this->store(), "g1")->txn.body, *txn.body);
}

TYPED_TEST_P(StoreContract, DoesNotRewriteTheTermsForARefusedUpdate) {
  const Txn first = MakeTxn("g1", TxnStatus::kPrepared);
  this->Stored(first);
  Txn stale = Next(Next(first, TxnStatus::kSubmitted), TxnStatus::kSubmitted);
  stale.terms = std::make_shared<Terms>(EveryTermSet());
  Write write = UpdateOf(stale);
  write.terms_changed = true;
  ASSERT_EQ(CommitOne(this->store(), write), Verdict::kStale);
  ExpectSameTerms(*LoadOrNothing(this->store(), "g1")->txn.terms, Terms());
}

TYPED_TEST_P(StoreContract, KeepsAThousandStepsAndLargePayloads) {
  Txn txn = MakeTxn("g1", TxnStatus::kSubmitted, 1'000);
  auto body = MakeBody("g1", 1'000);
  body->steps[0].payload = std::string(3'000'000, '\xfe');
  body->steps[999].payload = std::string(70'000, '\0');
  txn.body = body;
  this->Stored(txn);
  Txn next = Next(txn, TxnStatus::kSubmitted);
  for (Branch& branch : next.branches) {
    branch = {.action = BranchStatus::kSucceed, .called = true, .action_time = At(99)};
  }
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(next)), Verdict::kStored);

  const auto stored = LoadOrNothing(this->store(), "g1");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->txn.body->steps == body->steps, true);
  EXPECT_EQ(stored->txn.branches == next.branches, true);
}

TYPED_TEST_P(StoreContract, KeepsATransactionWithoutSteps) {
  this->Stored(MakeTxn("g1", TxnStatus::kSubmitted, 0));
  EXPECT_TRUE(LoadOrNothing(this->store(), "g1")->txn.branches.empty());
}

// Gids that have broken one program or another: quotes, wildcards, controls, Unicode.
inline std::vector<std::string> HostileGids() {
  std::vector<std::string> gids = {"' OR '1'='1",
                                   "'; DROP TABLE txn; --",
                                   "\"quoted\"",
                                   "`ticks`",
                                   "%",
                                   "_",
                                   "%%25%s%n%d",
                                   "?1",
                                   ":gid",
                                   "@gid",
                                   "$1",
                                   "\\",
                                   "\\'",
                                   "a\\0b",
                                   "--",
                                   "/* */",
                                   ";",
                                   "()",
                                   "[]",
                                   "{}",
                                   "NULL",
                                   "null",
                                   "0",
                                   "-1",
                                   "1e309",
                                   "NaN",
                                   "true",
                                   "x'41'",
                                   "..",
                                   "../../etc/passwd",
                                   "C:\\",
                                   "a b",
                                   " ",
                                   "\t",
                                   "\n",
                                   "\r\n",
                                   "<script>",
                                   "&amp;",
                                   "$(id)",
                                   "${x}",
                                   "|",
                                   "~",
                                   "^",
                                   "*",
                                   "a*b",
                                   "a?b",
                                   "#",
                                   "é",
                                   "e\xcc\x81",
                                   "中文",
                                   "🏦",
                                   "\xe2\x80\x8b",
                                   "\xe2\x80\xae",
                                   "ﬁ",
                                   "İ",
                                   "ß",
                                   "\xff\xfe",
                                   "\xc3",
                                   "\xed\xa0\x80",
                                   "\x7f",
                                   "\x01",
                                   std::string("a\0b", 3),
                                   std::string(1, '\0'),
                                   std::string(128, 'x'),
                                   std::string(128, '\''),
                                   "A",
                                   "a",
                                   "a.",
                                   ".",
                                   "1000.g",
                                   "1000."};
  for (char c = 1; c < 127; ++c) gids.push_back(std::string("gid") + c);
  return gids;
}

TYPED_TEST_P(StoreContract, TakesHostileGidsThroughEveryMethod) {
  const std::vector<std::string> gids = HostileGids();
  ASSERT_GE(gids.size(), 190u);
  for (const std::string& gid : gids) {
    const Txn txn = MakeTxn(gid);
    ASSERT_EQ(CommitOne(this->store(), WakingAt(At(50), InsertOf(txn))), Verdict::kStored) << gid;
    EXPECT_EQ(CommitOne(this->store(), InsertOf(txn, 99)), Verdict::kExists) << gid;
  }
  for (const std::string& gid : gids) {
    const auto stored = LoadOrNothing(this->store(), gid);
    ASSERT_TRUE(stored) << gid;
    EXPECT_EQ(stored->txn.gid(), gid);
    EXPECT_EQ(Gids(this->store().List({.gid = gid})), std::vector<std::string>{gid});
  }
  std::vector<std::string> sorted = gids;
  std::ranges::sort(sorted);
  EXPECT_EQ(Gids(FindDue(this->store(), At(50), {}, 1'000)), sorted);
  std::ranges::reverse(sorted);
  EXPECT_EQ(this->ListAll({.limit = 7}), sorted);

  for (const std::string& gid : gids) {
    const Txn done = Next(MakeTxn(gid), TxnStatus::kSucceed);
    ASSERT_EQ(CommitOne(this->store(), UpdateOf(done)), Verdict::kStored) << gid;
  }
  EXPECT_EQ(*this->store().Prune(At(2'000), 1'000), gids.size());
  EXPECT_TRUE(this->ListAll({}).empty());
}

TYPED_TEST_P(StoreContract, KeepsHostileOwnersApart) {
  this->Stored(MakeTxn("a"), "me'%_");
  this->Stored(MakeTxn("b"), "me");
  EXPECT_EQ(Gids(this->store().FindOrphans("me'%_", {}, 10)), std::vector<std::string>{"b"});
  EXPECT_EQ(LoadOrNothing(this->store(), "a")->owner, "me'%_");
}

TYPED_TEST_P(StoreContract, FindsDueOnesInOrderOfTimeThenGid) {
  this->Stored(MakeTxn("c"), "", At(10));
  this->Stored(MakeTxn("b"), "", At(20));
  this->Stored(MakeTxn("a"), "", At(20));
  this->Stored(MakeTxn("later"), "", At(21));
  this->Stored(MakeTxn("resting", TxnStatus::kPrepared), "", kNever);
  this->Stored(MakeTxn("owned"), "me", At(5));
  using Names = std::vector<std::string>;
  EXPECT_EQ(Gids(FindDue(this->store(), At(20), {}, 10)), (Names{"c", "a", "b"}));
  EXPECT_EQ(Gids(FindDue(this->store(), At(20), {}, 2)), (Names{"c", "a"}));
  EXPECT_EQ(Gids(FindDue(this->store(), At(20), {At(20), "a"}, 2)), (Names{"b"}));
  EXPECT_EQ(Gids(FindDue(this->store(), At(9), {}, 10)), Names{});
  EXPECT_EQ((*FindDue(this->store(), At(20), {}, 1))[0].wake, At(10));
}

TYPED_TEST_P(StoreContract, MovesATransactionBetweenTheIndexesWithEachUpdate) {
  Txn txn = MakeTxn("g");
  this->Stored(txn, "me");
  using Names = std::vector<std::string>;
  EXPECT_EQ(Gids(this->store().FindOrphans("other", {}, 10)), Names{"g"});
  EXPECT_EQ(Gids(FindDue(this->store(), At(100), {}, 10)), Names{});

  txn = Next(txn, txn.status);
  ASSERT_EQ(CommitOne(this->store(), OwnedBy("me", UpdateOf(txn, 2))), Verdict::kStored);
  EXPECT_EQ(Gids(this->store().FindOrphans("other", {}, 10)), Names{"g"});

  txn = Next(txn, txn.status);
  ASSERT_EQ(CommitOne(this->store(), WakingAt(At(100), UpdateOf(txn, 3))), Verdict::kStored);
  EXPECT_EQ(Gids(this->store().FindOrphans("other", {}, 10)), Names{});
  EXPECT_EQ(Gids(FindDue(this->store(), At(100), {}, 10)), Names{"g"});

  txn = Next(txn, txn.status);
  ASSERT_EQ(CommitOne(this->store(), WakingAt(At(50), UpdateOf(txn, 4))), Verdict::kStored);
  EXPECT_EQ(Gids(FindDue(this->store(), At(50), {}, 10)), Names{"g"});

  txn = Next(txn, TxnStatus::kSucceed);
  ASSERT_EQ(CommitOne(this->store(), WakingAt(At(50), UpdateOf(txn, 5))), Verdict::kStored);
  EXPECT_EQ(Gids(FindDue(this->store(), At(100), {}, 10)), Names{});
  EXPECT_EQ(Gids(this->store().FindLater({}, 10)), Names{});
  EXPECT_EQ(Gids(this->store().FindOrphans("other", {}, 10)), Names{});
}

TYPED_TEST_P(StoreContract, FindsWhatOthersOwnPageByPage) {
  this->Stored(MakeTxn("d"), "old");
  this->Stored(MakeTxn("a"), "older");
  this->Stored(MakeTxn("b"), "me");
  this->Stored(MakeTxn("c"), "old");
  this->Stored(MakeTxn("e"), "");
  Txn done = MakeTxn("f", TxnStatus::kSucceed);
  done.finished = At(5);
  this->Stored(done, "old");
  using Names = std::vector<std::string>;
  Names all;
  DueKey after;
  for (const std::size_t expected : {2u, 1u, 0u}) {
    const std::vector<DueKey> page = *this->store().FindOrphans("me", after, 2);
    ASSERT_EQ(page.size(), expected);
    for (const DueKey& key : page) all.push_back(key.gid + " " + key.owner);
    if (!page.empty()) after = page.back();
  }
  std::ranges::sort(all);
  EXPECT_EQ(all, (Names{"a older", "c old", "d old"}));
}

TYPED_TEST_P(StoreContract, FindsLaterOnesOfAnybodyInOrderOfTime) {
  this->Stored(MakeTxn("a"), "", At(30));
  this->Stored(MakeTxn("b"), "me", At(20));
  this->Stored(MakeTxn("c"), "", At(10));
  this->Stored(MakeTxn("d"), "", kNever);
  using Names = std::vector<std::string>;
  this->Stored(MakeTxn("e"), "me", At(20));
  EXPECT_EQ(Gids(this->store().FindLater({At(11), ""}, 10)), (Names{"b", "e", "a"}));
  EXPECT_EQ(Gids(this->store().FindLater({At(11), ""}, 1)), (Names{"b"}));
  EXPECT_EQ(Gids(this->store().FindLater({At(20), "b"}, 10)), (Names{"e", "a"}));
  EXPECT_EQ(Gids(this->store().FindLater({}, 10)), (Names{"c", "b", "e", "a"}));
  EXPECT_EQ(Gids(this->store().FindLater({Time::max(), ""}, 10)), Names{});
}

TYPED_TEST_P(StoreContract, ListsNewestFirstPageByPage) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    Txn txn = MakeTxn("g" + std::to_string(100 + i));
    txn.created = At(1'000 + i / 3);  // Several of one time, on both sides of a page's end.
    this->Stored(txn);
    expected.insert(expected.begin(), txn.gid());
  }
  for (const std::size_t limit : {1u, 2u, 3u, 7u, 25u, 100u}) {
    EXPECT_EQ(this->ListAll({.limit = limit}), expected) << limit;
  }
}

TYPED_TEST_P(StoreContract, EndsTheListWithAnEmptyPosition) {
  for (const char* gid : {"a", "b"}) this->Stored(MakeTxn(gid));
  EXPECT_EQ(this->store().List({.limit = 2})->next_position, "");
  EXPECT_NE(this->store().List({.limit = 1})->next_position, "");
}

TYPED_TEST_P(StoreContract, ShowsEachTransactionOnceWhileOthersArrive) {
  for (int i = 0; i < 10; ++i) this->Stored(MakeTxn("old" + std::to_string(i)));
  Result<ListPage> page = this->store().List({.limit = 4});
  std::vector<std::string> seen = Gids(page);
  for (int round = 0; !page->next_position.empty(); ++round) {
    Txn newer = MakeTxn("new" + std::to_string(round));
    newer.created = At(2'000);
    this->Stored(newer);
    page = this->store().List({.position = page->next_position, .limit = 4});
    for (const std::string& gid : Gids(page)) seen.push_back(gid);
  }
  ASSERT_EQ(seen.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(seen[static_cast<std::size_t>(i)], "old" + std::to_string(9 - i));
  }
}

TYPED_TEST_P(StoreContract, FiltersTheListByStatus) {
  for (int i = 0; i < 20; ++i) {
    const auto status = static_cast<TxnStatus>(i % 5);
    Txn txn = MakeTxn("g" + std::to_string(10 + i), status);
    if (txn.IsFinished()) txn.finished = At(5);
    this->Stored(txn, i % 2 == 0 ? "me" : "", At(i % 3));
  }
  using Names = std::vector<std::string>;
  const auto of = [&](TxnStatus status) { return this->ListAll({.status = status, .limit = 3}); };
  EXPECT_EQ(of(TxnStatus::kPrepared), (Names{"g25", "g20", "g15", "g10"}));
  EXPECT_EQ(of(TxnStatus::kSubmitted), (Names{"g26", "g21", "g16", "g11"}));
  EXPECT_EQ(of(TxnStatus::kAborting), (Names{"g27", "g22", "g17", "g12"}));
  EXPECT_EQ(of(TxnStatus::kSucceed), (Names{"g28", "g23", "g18", "g13"}));
  EXPECT_EQ(of(TxnStatus::kFailed), (Names{"g29", "g24", "g19", "g14"}));
  EXPECT_EQ(this->ListAll({.model = Model::kSaga}).size(), 20u);
}

TYPED_TEST_P(StoreContract, FiltersTheListByTimeOfCreationInclusively) {
  for (int i = 0; i < 10; ++i) {
    Txn txn = MakeTxn("g" + std::to_string(i));
    txn.created = At(100 + i);
    this->Stored(txn);
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(this->ListAll({.created_from = At(107)}), (Names{"g9", "g8", "g7"}));
  EXPECT_EQ(this->ListAll({.created_to = At(102), .limit = 2}), (Names{"g2", "g1", "g0"}));
  EXPECT_EQ(this->ListAll({.created_from = At(104), .created_to = At(105)}), (Names{"g5", "g4"}));
  EXPECT_EQ(this->ListAll({.created_to = Time::max()}).size(), 10u);
  EXPECT_EQ(this->ListAll({.status = TxnStatus::kSubmitted, .created_to = At(100)}), Names{"g0"});
}

TYPED_TEST_P(StoreContract, LooksUpOneGidInTheListWhateverElseIsAsked) {
  this->Stored(MakeTxn("g1"));
  this->Stored(MakeTxn("g2"));
  ListFilter filter{.gid = "g1", .status = TxnStatus::kFailed, .created_from = At(9'999)};
  EXPECT_EQ(Gids(this->store().List(filter)), std::vector<std::string>{"g1"});
  EXPECT_EQ(this->store().List(filter)->next_position, "");
  EXPECT_TRUE(Gids(this->store().List({.gid = "g3"})).empty());
}

TYPED_TEST_P(StoreContract, ListsProgressAndTermsWithoutTheSteps) {
  const Txn txn = EveryFieldSet("g1");
  this->Stored(txn, "", At(9));
  const Result<ListPage> page = this->store().List({});
  ASSERT_EQ(page->txns.size(), 1u);
  ExpectSameProgress(page->txns[0].txn, txn);
  ExpectSameTerms(*page->txns[0].txn.terms, *txn.terms);
  EXPECT_EQ(page->txns[0].wake, At(9));
  EXPECT_EQ(page->txns[0].txn.body->protocol, txn.body->protocol);
  EXPECT_EQ(page->txns[0].txn.body->query_prepared, txn.body->query_prepared);
  EXPECT_TRUE(page->txns[0].txn.body->steps.empty());
}

TYPED_TEST_P(StoreContract, RefusesAPositionThatIsNotItsOwn) {
  for (const char* position : {"x", ".", "12", "-5.g", "99999999999999999999.g", "' OR 1=1"}) {
    EXPECT_EQ(this->store().List({.position = position}).status().code(), Code::kInvalidArgument)
        << position;
  }
}

TYPED_TEST_P(StoreContract, PrunesOnlyWhatFinishedBeforeTheOldestFirst) {
  for (int i = 0; i < 6; ++i) {
    const Txn txn = MakeTxn("g" + std::to_string(i));
    this->Stored(txn);
    Txn done = Next(txn, i % 2 == 0 ? TxnStatus::kSucceed : TxnStatus::kAborting);
    done.updated = At(500 - i);
    if (done.IsFinished()) done.finished = done.updated;
    ASSERT_EQ(CommitOne(this->store(), UpdateOf(done)), Verdict::kStored);
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(*this->store().Prune(At(496), 10), 0u);
  EXPECT_EQ(*this->store().Prune(At(500), 1), 1u);
  EXPECT_EQ(this->ListAll({}), (Names{"g5", "g3", "g2", "g1", "g0"}));
  EXPECT_EQ(*this->store().Prune(At(500), 10), 1u);
  EXPECT_EQ(*this->store().Prune(At(501), 10), 1u);
  EXPECT_EQ(this->ListAll({}), (Names{"g5", "g3", "g1"}));
  EXPECT_FALSE(LoadOrNothing(this->store(), "g0"));
}

TYPED_TEST_P(StoreContract, TakesAPrunedGidAgain) {
  const Txn txn = MakeTxn("g");
  this->Stored(txn);
  const Txn done = Next(txn, TxnStatus::kSucceed);
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(done)), Verdict::kStored);
  ASSERT_EQ(*this->store().Prune(At(9'999), 10), 1u);
  const Txn again = MakeTxn("g", TxnStatus::kPrepared, 3);
  this->Stored(again);
  ExpectSameBody(*LoadOrNothing(this->store(), "g")->txn.body, *again.body);
}

TYPED_TEST_P(StoreContract, ServesReadersWhileItCommits) {
  constexpr int kCount = 200;
  std::atomic<int> committed = 0;
  std::thread reader([&] {
    while (committed < kCount) {
      const int known = committed;
      if (known > 0) {
        EXPECT_TRUE(LoadOrNothing(this->store(), "g" + std::to_string(known - 1)));
      }
      EXPECT_GE(Gids(FindDue(this->store(), At(9), {}, kCount)).size(),
                static_cast<std::size_t>(known));
      EXPECT_TRUE(this->store().CheckWritable().ok());
      EXPECT_TRUE(this->store().List({.limit = 5}).ok());
    }
  });
  for (int i = 0; i < kCount; ++i) {
    const Txn txn = MakeTxn("g" + std::to_string(i));
    EXPECT_EQ(CommitOne(this->store(), WakingAt(At(9), InsertOf(txn))), Verdict::kStored);
    committed = i + 1;
  }
  reader.join();
}

TYPED_TEST_P(StoreContract, SaysThatItIsWritable) {
  EXPECT_TRUE(this->store().CheckWritable().ok());
  EXPECT_TRUE(this->store().CheckWritable().ok());
}

TYPED_TEST_P(StoreContract, HasAClockThatDoesNotGoBack) {
  Time last = this->store().clock().Now();
  EXPECT_GT(last, kNever);
  for (int i = 0; i < 1'000; ++i) {
    const Time now = this->store().clock().Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    StoreContract, ReturnsEveryFieldAsItWasStored, ForgetsWhatOnlyAProcessKnows,
    LoadsNothingForAnUnknownGid, RefusesAnInsertOfATakenGidAndChangesNothing,
    CountsARepeatedWriteOfItsOwnAsStored, RefusesAStaleUpdateAndChangesNothing,
    RefusesAnUpdateOfAnUnknownGid, AllowsExactlyTheMovesOfTheTable, JudgesEachWriteOfABatchOnItsOwn,
    AcceptsAnEmptyBatch, RewritesTheTermsOnlyWhenToldSo, DoesNotRewriteTheTermsForARefusedUpdate,
    KeepsAThousandStepsAndLargePayloads, KeepsATransactionWithoutSteps,
    TakesHostileGidsThroughEveryMethod, KeepsHostileOwnersApart, FindsDueOnesInOrderOfTimeThenGid,
    MovesATransactionBetweenTheIndexesWithEachUpdate, FindsWhatOthersOwnPageByPage,
    FindsLaterOnesOfAnybodyInOrderOfTime, ListsNewestFirstPageByPage,
    EndsTheListWithAnEmptyPosition, ShowsEachTransactionOnceWhileOthersArrive,
    FiltersTheListByStatus, FiltersTheListByTimeOfCreationInclusively,
    LooksUpOneGidInTheListWhateverElseIsAsked, ListsProgressAndTermsWithoutTheSteps,
    RefusesAPositionThatIsNotItsOwn, PrunesOnlyWhatFinishedBeforeTheOldestFirst,
    TakesAPrunedGidAgain, ServesReadersWhileItCommits, SaysThatItIsWritable,
    HasAClockThatDoesNotGoBack);

}  // namespace treaty::store_test
