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
  MysqlFactory() {
    test::MariaDb& server = test::SharedMariaDb();
    Result<std::unique_ptr<Store>> opened = OpenMysqlStore(
        {.socket = server.socket(), .user = "root", .database = server.NewDatabase()}, log_);
    if (!opened.ok()) ADD_FAILURE() << opened.status().message();
    store_ = *std::move(opened);
  }
  Store& store() { return *store_; }
  static void Pass(Duration duration) { test::Wait(duration); }

 private:
  KeptLog log_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, StoreContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, BranchContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, KvContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, ParkedContract, MysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Mysql, LeaseContract, MysqlFactory);

}  // namespace
}  // namespace treaty::store_test
