// Registered branches for the tests of stores.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "contract/store_fixtures.h"

namespace treaty::store_test {

inline std::shared_ptr<const Step> BranchStep(const std::string& id, const std::string& payload) {
  return std::make_shared<Step>(
      Step{"http://bank/confirm?" + id, "http://bank/cancel?" + id, payload, id, "op " + id});
}

// A prepared transaction of a model whose branches are registered one by one.
inline Txn MakePrepared(const std::string& gid, Model model = Model::kTcc) {
  Txn txn = MakeTxn(gid, TxnStatus::kPrepared, 0);
  auto body = std::make_shared<Body>(*txn.body);
  body->model = model;
  txn.body = std::move(body);
  return txn;
}

// The same transaction one write later, with these branches more.
inline Txn With(const Txn& txn, const std::vector<std::shared_ptr<const Step>>& steps) {
  Txn next = Next(txn, txn.status);
  for (const auto& step : steps) {
    next.registered.push_back(step);
    next.branches.push_back({.action = BranchStatus::kSucceed, .action_time = At(3)});
  }
  return next;
}

inline Write AddingUpdateOf(const Txn& txn, std::size_t added, std::uint64_t write_id = 2) {
  Write write = UpdateOf(txn, write_id);
  write.added = added;
  return write;
}

inline void ExpectSameBranches(const Txn& actual, const Txn& expected) {
  ASSERT_EQ(actual.registered.size(), expected.registered.size());
  for (std::size_t i = 0; i < expected.registered.size(); ++i) {
    EXPECT_EQ(*actual.registered[i] == *expected.registered[i], true) << i;
  }
  EXPECT_EQ(actual.branches == expected.branches, true);
}

}  // namespace treaty::store_test
