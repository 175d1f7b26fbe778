// The SQLite store against the promises of every store, on a real file.

#include "contract/branch_contract.h"
#include "contract/kept_log.h"
#include "contract/kv_contract.h"
#include "contract/parked_contract.h"
#include "contract/store_contract.h"
#include "contract/temp_folder.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty::store_test {
namespace {

class SqliteFactory {
 public:
  SqliteFactory() {
    Result<std::unique_ptr<Store>> opened = OpenSqliteStore({folder_.File("treaty.db")}, log_);
    if (!opened.ok()) ADD_FAILURE() << opened.status().message();
    store_ = *std::move(opened);
  }
  Store& store() { return *store_; }

 private:
  TempFolder folder_;
  KeptLog log_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreContract, SqliteFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, BranchContract, SqliteFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, KvContract, SqliteFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ParkedContract, SqliteFactory);

}  // namespace
}  // namespace treaty::store_test
