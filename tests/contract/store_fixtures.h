// Transactions and writes for the tests of stores.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/txn.h"
#include "store/store.h"

namespace treaty::store_test {

inline Time At(std::int64_t millis) { return Time(Duration(millis)); }

inline std::shared_ptr<Body> MakeBody(const std::string& gid, std::size_t steps = 2) {
  auto body = std::make_shared<Body>();
  body->gid = gid;
  for (std::size_t i = 0; i < steps; ++i) {
    const std::string number = std::to_string(i);
    body->steps.push_back({"http://bank/out/" + number, "http://bank/back/" + number, "{}"});
  }
  return body;
}

// A first write: version 1, `steps` steps.
inline Txn MakeTxn(const std::string& gid, TxnStatus status = TxnStatus::kSubmitted,
                   std::size_t steps = 2) {
  Txn txn;
  txn.body = MakeBody(gid, steps);
  txn.terms = std::make_shared<Terms>();
  txn.status = status;
  txn.branches.resize(steps);
  txn.created = txn.updated = At(1'000);
  txn.version = 1;
  return txn;
}

// The same transaction one write later.
inline Txn Next(const Txn& txn, TxnStatus status) {
  Txn next = txn;
  next.status = status;
  next.updated = txn.updated + Duration(1);
  if (next.IsFinished()) next.finished = next.updated;
  ++next.version;
  return next;
}

inline Write InsertOf(const Txn& txn, std::uint64_t write_id = 1) {
  return {.kind = Write::Kind::kInsert, .txn = &txn, .write_id = write_id};
}

inline Write UpdateOf(const Txn& txn, std::uint64_t write_id = 2) {
  return {.kind = Write::Kind::kUpdate, .txn = &txn, .write_id = write_id};
}

inline Write OwnedBy(const std::string& owner, Write write) {
  write.owner = owner;
  return write;
}

inline Write WakingAt(Time wake, Write write) {
  write.wake = wake;
  return write;
}

inline std::vector<Verdict> CommitAll(Store& store, const std::vector<Write>& writes) {
  std::vector<Verdict> verdicts(writes.size(), Verdict::kIllegal);
  const Status status = store.Commit(writes, verdicts);
  EXPECT_TRUE(status.ok()) << status.message();
  return verdicts;
}

inline Verdict CommitOne(Store& store, const Write& write) {
  return CommitAll(store, {write}).front();
}

inline std::optional<StoredTxn> LoadOrNothing(Store& store, const std::string& gid) {
  auto stored = store.Load(gid);
  EXPECT_TRUE(stored.ok()) << stored.status().message();
  return stored.ok() ? *std::move(stored) : std::nullopt;
}

inline std::vector<std::string> Gids(const Result<std::vector<DueKey>>& keys) {
  EXPECT_TRUE(keys.ok()) << keys.status().message();
  std::vector<std::string> gids;
  if (!keys.ok()) return gids;
  for (const DueKey& key : *keys) gids.push_back(key.gid);
  return gids;
}

inline std::vector<std::string> Gids(const Result<ListPage>& page) {
  EXPECT_TRUE(page.ok()) << page.status().message();
  std::vector<std::string> gids;
  if (!page.ok()) return gids;
  for (const StoredTxn& stored : page->txns) gids.push_back(stored.txn.gid());
  return gids;
}

// What is due for somebody who owns nothing.
inline Result<std::vector<DueKey>> FindDue(Store& store, Time until, const DueKey& after,
                                           std::size_t limit) {
  Result<Findings> found = store.Look("nobody", until, after, limit);
  if (!found.ok()) return found.status();
  return std::move(found->due);
}

// Everything durable but the terms and the body.
inline void ExpectSameProgress(const Txn& actual, const Txn& expected) {
  EXPECT_EQ(actual.gid(), expected.gid());
  EXPECT_EQ(actual.status, expected.status);
  EXPECT_EQ(actual.branches, expected.branches);
  EXPECT_EQ(actual.rollback_reason, expected.rollback_reason);
  EXPECT_EQ(actual.result, expected.result);
  EXPECT_EQ(actual.backoff, expected.backoff);
  EXPECT_EQ(actual.created, expected.created);
  EXPECT_EQ(actual.updated, expected.updated);
  EXPECT_EQ(actual.finished, expected.finished);
  EXPECT_EQ(actual.due, expected.due);
  EXPECT_EQ(actual.names_called, expected.names_called);
  EXPECT_EQ(actual.last_outcome, expected.last_outcome);
  EXPECT_EQ(actual.force, expected.force);
  EXPECT_EQ(actual.version, expected.version);
}

inline void ExpectSameBody(const Body& actual, const Body& expected) {
  EXPECT_EQ(actual.gid, expected.gid);
  EXPECT_EQ(actual.model, expected.model);
  EXPECT_EQ(actual.protocol, expected.protocol);
  EXPECT_EQ(actual.query_prepared, expected.query_prepared);
  EXPECT_EQ(actual.steps, expected.steps);
  EXPECT_EQ(actual.recipients, expected.recipients);
  EXPECT_EQ(actual.prepared, expected.prepared);
}

inline void ExpectSameTerms(const Terms& actual, const Terms& expected) {
  EXPECT_EQ(actual.wait_result, expected.wait_result);
  EXPECT_EQ(actual.concurrent_option, expected.concurrent_option);
  EXPECT_EQ(actual.timeout_to_fail, expected.timeout_to_fail);
  EXPECT_EQ(actual.request_timeout, expected.request_timeout);
  EXPECT_EQ(actual.retry_interval, expected.retry_interval);
  EXPECT_EQ(actual.retry_limit, expected.retry_limit);
  EXPECT_EQ(actual.progress, expected.progress);
  EXPECT_EQ(actual.branch_headers, expected.branch_headers);
  EXPECT_EQ(actual.passed_headers, expected.passed_headers);
  EXPECT_EQ(actual.custom_data, expected.custom_data);
  EXPECT_EQ(actual.concurrent, expected.concurrent);
  EXPECT_EQ(actual.after, expected.after);
  EXPECT_EQ(actual.delay, expected.delay);
  EXPECT_EQ(actual.workflow_name, expected.workflow_name);
  EXPECT_EQ(actual.workflow_input, expected.workflow_input);
}

// Every field differs from its default, so that one that is not stored shows.
inline Terms EveryTermSet() {
  Terms terms;
  terms.wait_result = true;
  terms.concurrent_option = true;
  terms.timeout_to_fail = std::chrono::seconds(11);
  terms.request_timeout = std::chrono::seconds(12);
  terms.retry_interval = std::chrono::seconds(13);
  terms.retry_limit = 14;
  terms.progress = ProgressMode::kBehind;
  terms.branch_headers = {{"X-One", "1"}, {"X-Two", ""}};
  terms.passed_headers = {{"Authorization", "Bearer \"t\""}};
  terms.custom_data = "{\"orders\":{\"1\":[0]},\"concurrent\":true}";
  terms.concurrent = true;
  terms.after = {{}, {BranchIndex{0}}};
  terms.delay = std::chrono::seconds(15);
  terms.workflow_name = "n\xc3\xa4me; \"x\"";
  terms.workflow_input = std::string("\0\xff", 2);
  return terms;
}

inline Txn EveryFieldSet(const std::string& gid) {
  Txn txn = MakeTxn(gid, TxnStatus::kAborting);
  auto body = MakeBody(gid);
  body->protocol = "grpc";
  body->query_prepared = "http://bank/query";
  body->steps[0].payload = std::string("\0\x01\xff'\"%", 6);
  body->steps[0].id = "01-02";
  body->steps[0].op = "any word";
  body->recipients = {{"http://a/\xc3\xa4", "01-01", 0}, {"http://b/", "01-02", 0}};
  body->prepared = true;
  txn.body = std::move(body);
  txn.terms = std::make_shared<Terms>(EveryTermSet());
  txn.branches[0] = {.action = BranchStatus::kSucceed,
                     .compensate = BranchStatus::kPrepared,
                     .called = true,
                     .tried = true,
                     .attempts = 3,
                     .action_time = At(1'001),
                     .compensate_time = At(1'002),
                     .created = At(1'000),
                     .last_outcome = "status 500",
                     .last_op = Op::kCompensate};
  txn.branches[1] = {.action = BranchStatus::kFailed, .compensate = BranchStatus::kSucceed};
  txn.rollback_reason = "no \"money\"; DROP TABLE txn";
  txn.result = "RESULT\n";
  txn.backoff = 5;
  txn.deaths = 2;
  txn.last_outcome = "name not found";
  txn.created = At(2'000);
  txn.updated = At(2'001);
  txn.due = At(2'003);
  txn.force = {.who = "operator", .why = "stuck", .when = At(2'004)};
  return txn;
}

}  // namespace treaty::store_test
