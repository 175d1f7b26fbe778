// The promises of store/store.h about registered branches and the models that have them, for
// every store.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "contract/branch_fixtures.h"
#include "contract/store_contract.h"
#include "store/list_position.h"

namespace treaty::store_test {

template <typename Factory>
class BranchContract : public StoreContract<Factory> {};

TYPED_TEST_SUITE_P(BranchContract);

TYPED_TEST_P(BranchContract, ReturnsRegisteredBranchesByteForByte) {
  const std::string payloads[] = {"",
                                  "{}",
                                  std::string("\0", 1),
                                  std::string("a\0b;\r\n'\"%\\\xff\xfe\x01", 13),
                                  "\xc3\xa4 \xe4\xb8\xad \xf0\x9f\x8f\xa6",
                                  std::string(1'000'000, '\xfd')};
  for (const Model model : {Model::kTcc, Model::kXa, Model::kWorkflow}) {
    const std::string gid(Name(model));
    Txn txn = MakePrepared(gid, model);
    this->Stored(txn);
    for (const std::string& payload : payloads) {
      txn = With(txn, {BranchStep("0" + std::to_string(txn.version), payload)});
      ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 1, 10 + txn.version)),
                Verdict::kStored);
      const auto stored = LoadOrNothing(this->store(), gid);
      ASSERT_TRUE(stored);
      EXPECT_EQ(stored->txn.body->model, model);
      ExpectSameBranches(stored->txn, txn);
    }
  }
}

TYPED_TEST_P(BranchContract, TakesSeveralBranchesInOneWrite) {
  Txn txn = MakePrepared("g");
  this->Stored(txn);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    const std::string n = std::to_string(round);
    txn = With(txn, {BranchStep(n + "1", "a"), BranchStep(n + "2", ""), BranchStep(n + "3", "c")});
    ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 3, 10 + round)), Verdict::kStored);
  }
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, txn);
}

TYPED_TEST_P(BranchContract, LoadsManyAsIfEachWereLoadedAlone) {
  std::vector<std::string> gids;
  for (int i = 0; i < 40; ++i) {
    gids.push_back("g" + std::to_string(i));
    if (i % 3 == 0) continue;  // Unknown.
    this->Stored(MakeTxn(gids.back(), TxnStatus::kSubmitted, static_cast<std::size_t>(i % 5)));
  }
  gids.push_back(std::string("'\0\\ \xff", 5));
  const auto found = this->store().LoadMany(gids);
  ASSERT_EQ(found.size(), gids.size());
  for (std::size_t i = 0; i < gids.size(); ++i) {
    ASSERT_TRUE(found[i].ok()) << gids[i];
    const auto alone = LoadOrNothing(this->store(), gids[i]);
    ASSERT_EQ(found[i]->has_value(), alone.has_value()) << gids[i];
    if (!alone) continue;
    EXPECT_EQ((*found[i])->txn.gid(), gids[i]);
    EXPECT_EQ((*found[i])->write_id, alone->write_id);
    EXPECT_EQ((*found[i])->txn.branches, alone->txn.branches);
    EXPECT_TRUE((*found[i])->txn.body->steps == alone->txn.body->steps);
  }
  EXPECT_TRUE(this->store().LoadMany({}).empty());
}

TYPED_TEST_P(BranchContract, LoadsManyWithTheirOwnBranches) {
  std::vector<Txn> txns;
  std::vector<std::string> gids;
  for (int i = 0; i < 12; ++i) {
    Txn txn = MakePrepared("g" + std::to_string(i), i % 2 == 0 ? Model::kTcc : Model::kWorkflow);
    this->Stored(txn);
    for (int branch = 0; branch < i % 4; ++branch) {
      const std::string id = std::to_string(i) + std::to_string(branch);
      txn = With(txn, {BranchStep(id, "of " + txn.gid())});
      ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 1, 10 + txn.version)),
                Verdict::kStored);
    }
    gids.push_back(txn.gid());
    txns.push_back(std::move(txn));
  }
  const auto found = this->store().LoadMany(gids);
  ASSERT_EQ(found.size(), txns.size());
  for (std::size_t i = 0; i < txns.size(); ++i) {
    ASSERT_TRUE(found[i].ok() && found[i]->has_value()) << gids[i];
    ExpectSameBranches((*found[i])->txn, txns[i]);
  }
}

TYPED_TEST_P(BranchContract, AddsNoBranchWithARefusedWrite) {
  const Txn first = MakePrepared("g");
  this->Stored(first);
  const Txn second = With(first, {BranchStep("01", "ours")});
  ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(second, 1)), Verdict::kStored);

  const Txn rival = With(first, {BranchStep("01", "theirs"), BranchStep("02", "")});
  EXPECT_EQ(CommitOne(this->store(), AddingUpdateOf(rival, 2, 3)), Verdict::kStale);
  Txn illegal = With(second, {BranchStep("03", "")});
  illegal.status = TxnStatus::kFailed;
  EXPECT_EQ(CommitOne(this->store(), AddingUpdateOf(illegal, 1, 4)), Verdict::kIllegal);
  const Txn unknown = With(MakePrepared("nobody"), {BranchStep("01", "")});
  EXPECT_EQ(CommitOne(this->store(), AddingUpdateOf(unknown, 1, 5)), Verdict::kStale);
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, second);

  // The places that the refused ones would have taken are free.
  const Txn third = With(second, {BranchStep("02", "mine"), BranchStep("03", "mine")});
  ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(third, 2, 6)), Verdict::kStored);
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, third);
}

TYPED_TEST_P(BranchContract, AddsTheBranchOfARepeatedWriteOnce) {
  const Txn first = MakePrepared("g");
  this->Stored(first);
  const Txn second = With(first, {BranchStep("01", "x")});
  EXPECT_EQ(CommitOne(this->store(), AddingUpdateOf(second, 1, 7)), Verdict::kStored);
  EXPECT_EQ(CommitOne(this->store(), AddingUpdateOf(second, 1, 7)), Verdict::kStored);
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, second);
}

TYPED_TEST_P(BranchContract, KeepsBranchesThroughWritesThatAddNone) {
  Txn txn = MakePrepared("g");
  this->Stored(txn);
  txn = With(txn, {BranchStep("01", "x"), BranchStep("02", "y")});
  ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 2)), Verdict::kStored);
  std::uint64_t write_id = 10;
  for (const TxnStatus to : {TxnStatus::kSubmitted, TxnStatus::kSubmitted, TxnStatus::kSucceed}) {
    txn = Next(txn, to);
    txn.branches[0].attempts += 1;
    txn.terms = std::make_shared<Terms>(*txn.terms);
    Write write = OwnedBy("me", UpdateOf(txn, ++write_id));
    write.terms_changed = to == TxnStatus::kSubmitted;
    ASSERT_EQ(CommitOne(this->store(), write), Verdict::kStored);
    ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, txn);
  }
}

TYPED_TEST_P(BranchContract, KeepsAThousandBranchesInTheirOrder) {
  Txn txn = MakePrepared("g");
  this->Stored(txn);
  for (int i = 0; i < 1'000; ++i) {
    txn = With(txn, {BranchStep("b" + std::to_string(i), "payload " + std::to_string(i))});
    ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 1, 100 + txn.version)),
              Verdict::kStored);
  }
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, txn);
}

TYPED_TEST_P(BranchContract, KeepsTheBranchesOfTransactionsApart) {
  Txn one = MakePrepared("b1");
  Txn ten = MakePrepared("b10");
  this->Stored(one);
  this->Stored(ten);
  for (std::uint64_t i = 0; i < 5; ++i) {
    one = With(one, {BranchStep("0" + std::to_string(i), "one")});
    ten = With(ten, {BranchStep("0" + std::to_string(i), "ten")});
    EXPECT_EQ(
        CommitAll(this->store(), {AddingUpdateOf(one, 1, 10 + i), AddingUpdateOf(ten, 1, 20 + i)}),
        (std::vector<Verdict>{Verdict::kStored, Verdict::kStored}));
  }
  ExpectSameBranches(LoadOrNothing(this->store(), "b1")->txn, one);
  ExpectSameBranches(LoadOrNothing(this->store(), "b10")->txn, ten);
}

TYPED_TEST_P(BranchContract, ListsTheProgressOfBranchesWithoutTheirParts) {
  Txn txn = MakePrepared("g");
  this->Stored(txn);
  txn = With(txn, {BranchStep("01", "secret"), BranchStep("02", "secret")});
  ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 2)), Verdict::kStored);
  for (const ListFilter& filter : {ListFilter{}, ListFilter{.gid = "g"}}) {
    const Result<ListPage> page = this->store().List(filter);
    ASSERT_EQ(page->txns.size(), 1u);
    EXPECT_TRUE(page->txns[0].txn.registered.empty());
    EXPECT_EQ(page->txns[0].txn.branches, txn.branches);
  }
}

TYPED_TEST_P(BranchContract, PrunesTheBranchesToo) {
  Txn txn = MakePrepared("g");
  this->Stored(txn);
  txn = With(txn, {BranchStep("01", "old")});
  ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(txn, 1)), Verdict::kStored);
  Txn done = Next(txn, TxnStatus::kFailed);
  done.force = {.who = "w", .why = "y", .when = At(3)};
  ASSERT_EQ(CommitOne(this->store(), UpdateOf(done, 3)), Verdict::kStored);
  ASSERT_EQ(*this->store().Prune(At(9'999), 10), 1u);

  Txn again = MakePrepared("g", Model::kXa);
  this->Stored(again);
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, again);
  again = With(again, {BranchStep("01", "new")});
  ASSERT_EQ(CommitOne(this->store(), AddingUpdateOf(again, 1, 12)), Verdict::kStored);
  ExpectSameBranches(LoadOrNothing(this->store(), "g")->txn, again);
}

TYPED_TEST_P(BranchContract, KeepsEveryModelApart) {
  constexpr Model kAll[] = {Model::kSaga, Model::kTcc, Model::kXa, Model::kMessage,
                            Model::kWorkflow};
  for (const Model model : kAll) {
    const bool has_steps = !TakesRegistrations(model);
    Txn txn = MakeTxn(std::string(Name(model)), TxnStatus::kPrepared, has_steps ? 2 : 0);
    auto body = std::make_shared<Body>(*txn.body);
    body->model = model;
    body->query_prepared = "http://bank/query";
    txn.body = std::move(body);
    this->Stored(txn, "", At(40));
  }
  for (const Model model : kAll) {
    const std::string gid(Name(model));
    const auto stored = LoadOrNothing(this->store(), gid);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->txn.body->model, model);
    EXPECT_EQ(stored->txn.body->query_prepared, "http://bank/query");
    EXPECT_EQ(this->ListAll({.model = model}), std::vector<std::string>{gid});
    EXPECT_EQ(this->ListAll({.status = TxnStatus::kPrepared, .model = model}),
              std::vector<std::string>{gid});
  }
  EXPECT_EQ(Gids(FindDue(this->store(), At(40), {}, 10)).size(), 5u);
}

TYPED_TEST_P(BranchContract, EndsAPageOfTheListEarlyWhereItsTextsAreLarge) {
  constexpr std::size_t kText = 1 << 16;
  std::vector<std::string> all;
  for (int i = 0; i < 100; ++i) {
    Txn txn = MakeTxn("big" + std::to_string(100 + i));
    txn.created = At(1'000 + i);
    auto terms = std::make_shared<Terms>(*txn.terms);
    terms->custom_data = std::string(kText, '1');
    txn.terms = std::move(terms);
    this->Stored(txn);
    all.insert(all.begin(), txn.gid());
  }
  const Result<ListPage> page = this->store().List({.limit = 500});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->txns.size(), kListBytes / kText + 1);
  EXPECT_NE(page->next_position, "");
  EXPECT_EQ(this->ListAll({.limit = 500}), all);
}

REGISTER_TYPED_TEST_SUITE_P(BranchContract, ReturnsRegisteredBranchesByteForByte,
                            TakesSeveralBranchesInOneWrite, LoadsManyAsIfEachWereLoadedAlone,
                            LoadsManyWithTheirOwnBranches, AddsNoBranchWithARefusedWrite,
                            AddsTheBranchOfARepeatedWriteOnce,
                            KeepsBranchesThroughWritesThatAddNone,
                            KeepsAThousandBranchesInTheirOrder, KeepsTheBranchesOfTransactionsApart,
                            ListsTheProgressOfBranchesWithoutTheirParts, PrunesTheBranchesToo,
                            EndsAPageOfTheListEarlyWhereItsTextsAreLarge, KeepsEveryModelApart);

}  // namespace treaty::store_test
