// A store on a MariaDB of the test's own, with a user who may do no more than a daemon needs.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "contract/kept_log.h"
#include "contract/store_fixtures.h"
#include "store/mysql/mysql_store.h"
#include "support/mariadb.h"

namespace treaty::store_test {

constexpr char kPassword[] = "a-secret-password";

class MysqlTest : public ::testing::Test {
 protected:
  using Steady = std::chrono::steady_clock;

  MysqlTest() : database_(server_.NewDatabase()) {
    server_.Run("CREATE USER IF NOT EXISTS app IDENTIFIED BY '" + std::string(kPassword) + "'");
    server_.Run("GRANT ALL ON " + database_ + ".* TO app");
  }

  MysqlConfig Config() const {
    return {.port = server_.port(),
            .user = "app",
            .password = kPassword,
            .database = database_,
            .connect_timeout = std::chrono::seconds(1),
            .read_timeout = std::chrono::seconds(1),
            .write_timeout = std::chrono::seconds(1)};
  }

  Result<std::unique_ptr<Store>> Open(const MysqlConfig& config) {
    return OpenMysqlStore(config, log_);
  }

  std::unique_ptr<Store> MustOpen(const MysqlConfig& config) {
    Result<std::unique_ptr<Store>> opened = Open(config);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  // How long `work` takes.
  template <typename Work>
  static Duration Took(Work work) {
    const auto begun = Steady::now();
    work();
    return std::chrono::duration_cast<Duration>(Steady::now() - begun);
  }

  // Commits one insert and returns the status of that.
  static Status Insert(Store& store, const std::string& gid, std::uint64_t write_id = 1,
                       Verdict* verdict = nullptr) {
    const Txn txn = MakeTxn(gid);
    const Write write = InsertOf(txn, write_id);
    Verdict ignored = Verdict::kIllegal;
    return store.Commit({&write, 1}, {verdict == nullptr ? &ignored : verdict, 1});
  }

  // Repeats `work` until it succeeds; false after a while.
  template <typename Work>
  static bool Eventually(Work work, std::chrono::seconds most = std::chrono::seconds(10)) {
    const auto deadline = Steady::now() + most;
    while (!work()) {
      if (Steady::now() > deadline) return false;
    }
    return true;
  }

  test::MariaDb& server_ = test::SharedMariaDb();
  const std::string database_;
  KeptLog log_;
};

}  // namespace treaty::store_test
