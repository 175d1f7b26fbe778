// The MySQL store of a server, as the contract wants it.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "contract/branch_contract.h"
#include "contract/kept_log.h"
#include "contract/kv_contract.h"
#include "contract/lease_contract.h"
#include "contract/parked_contract.h"
#include "contract/store_contract.h"
#include "store/mysql/mysql_store.h"
#include "support/mariadb.h"

namespace treaty::store_test {

// `Where` has Server(), and ConfigOf(database): how the store reaches it.
template <typename Where>
class MysqlFactory {
 public:
  Store& store() { return *store_; }
  std::unique_ptr<Store> Another() { return Open(); }

 private:
  std::unique_ptr<Store> Open() {
    Result<std::unique_ptr<Store>> opened = OpenMysqlStore(Where::ConfigOf(database_), log_);
    if (!opened.ok()) ADD_FAILURE() << opened.status().message();
    return *std::move(opened);
  }

  const std::string database_ = Where::Server().NewDatabase();
  KeptLog log_;
  std::unique_ptr<Store> store_ = Open();
};

// Every contract for the store of one kind of server.
#define TREATY_MYSQL_CONTRACTS(name, where)                                  \
  INSTANTIATE_TYPED_TEST_SUITE_P(name, StoreContract, MysqlFactory<where>);  \
  INSTANTIATE_TYPED_TEST_SUITE_P(name, BranchContract, MysqlFactory<where>); \
  INSTANTIATE_TYPED_TEST_SUITE_P(name, KvContract, MysqlFactory<where>);     \
  INSTANTIATE_TYPED_TEST_SUITE_P(name, ParkedContract, MysqlFactory<where>); \
  INSTANTIATE_TYPED_TEST_SUITE_P(name, LeaseContract, MysqlFactory<where>)

}  // namespace treaty::store_test
