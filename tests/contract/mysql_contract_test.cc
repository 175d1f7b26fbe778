// The MySQL store against the promises of every store, on a real MariaDB.

#include "contract/mysql_contract.h"

namespace treaty::store_test {
namespace {

struct UsualServer {
  static test::MariaDb& Server() { return test::SharedMariaDb(); }
  static MysqlConfig ConfigOf(const std::string& database) {
    return {.socket = Server().socket(), .user = "root", .database = database};
  }
};

TREATY_MYSQL_CONTRACTS(Mysql, UsualServer);

}  // namespace
}  // namespace treaty::store_test
