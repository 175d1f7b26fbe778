// The MySQL store against the promises of every store, on a real MariaDB.

#include "contract/branch_contract.h"
#include "contract/kept_log.h"
#include "contract/kv_contract.h"
#include "contract/lease_contract.h"
#include "contract/parked_contract.h"
#include "contract/store_contract.h"
#include "store/mysql/mysql_store.h"
#include "support/mariadb.h"

namespace treaty::store_test {
namespace {

class MysqlFactory {
 public:
  Store& store() { return *store_; }
  std::unique_ptr<Store> Another() { return Open(); }

 private:
  std::unique_ptr<Store> Open() {
    Result<std::unique_ptr<Store>> opened =
        OpenMysqlStore({.socket = server_.socket(), .user = "root", .database = database_}, log_);
    if (!opened.ok()) ADD_FAILURE() << opened.status().message();
    return *std::move(opened);
  }

  test::MariaDb& server_ = test::SharedMariaDb();
  const std::string database_ = server_.NewDatabase();
  KeptLog log_;
  std::unique_ptr<Store> store_ = Open();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, StoreContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, BranchContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, KvContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, ParkedContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, LeaseContract, MysqlFactory);

}  // namespace
}  // namespace treaty::store_test
