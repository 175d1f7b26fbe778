// The MySQL store against the promises of every store where the server's defaults are against it.

#include "contract/mysql_contract.h"
#include "store/hostile_server.h"

namespace treaty::store_test {
namespace {

struct ServerAgainstIt {
  static test::MariaDb& Server() { return SharedHostileServer().server(); }
  static MysqlConfig ConfigOf(const std::string& database) {
    return SharedHostileServer().ConfigOf(database);
  }
};

TREATY_MYSQL_CONTRACTS(HostileMysql, ServerAgainstIt);

}  // namespace
}  // namespace treaty::store_test
