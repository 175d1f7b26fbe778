// The MySQL store against the promises of every store where the server's defaults are against it.

#include "contract/branch_contract.h"
#include "contract/kept_log.h"
#include "contract/kv_contract.h"
#include "contract/lease_contract.h"
#include "contract/parked_contract.h"
#include "contract/store_contract.h"
#include "store/hostile_server.h"

namespace treaty::store_test {
namespace {

class HostileMysqlFactory {
 public:
  Store& store() { return *store_; }
  std::unique_ptr<Store> Another() { return Open(); }

 private:
  std::unique_ptr<Store> Open() {
    Result<std::unique_ptr<Store>> opened =
        OpenMysqlStore(SharedHostileServer().ConfigOf(database_), log_);
    if (!opened.ok()) ADD_FAILURE() << opened.status().message();
    return *std::move(opened);
  }

  const std::string database_ = SharedHostileServer().server().NewDatabase();
  KeptLog log_;
  std::unique_ptr<Store> store_ = Open();
};

INSTANTIATE_TYPED_TEST_SUITE_P(HostileMysql, StoreContract, HostileMysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(HostileMysql, BranchContract, HostileMysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(HostileMysql, KvContract, HostileMysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(HostileMysql, ParkedContract, HostileMysqlFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(HostileMysql, LeaseContract, HostileMysqlFactory);

}  // namespace
}  // namespace treaty::store_test
