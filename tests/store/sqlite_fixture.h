// A folder with a database in it, opened and closed at will.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "contract/kept_log.h"
#include "contract/store_fixtures.h"
#include "contract/temp_folder.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty::store_test {

class SqliteTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open() { return OpenAt(path_); }

  std::unique_ptr<Store> OpenAt(const std::string& path) {
    Result<std::unique_ptr<Store>> opened = OpenSqliteStore({path}, log_);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  // The refusal to open the file.
  Status Refusal() {
    const Result<std::unique_ptr<Store>> opened = OpenSqliteStore({path_}, log_);
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? Status() : opened.status();
  }

  // A closed database with the transaction "g1" in it.
  void CreateWithOne() {
    const Txn txn = MakeTxn("g1");
    EXPECT_EQ(CommitOne(*Open(), InsertOf(txn)), Verdict::kStored);
  }

  TempFolder folder_;
  KeptLog log_;
  const std::string path_ = folder_.File("treaty.db");
};

}  // namespace treaty::store_test
