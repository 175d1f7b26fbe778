// Where transactions are kept, and for how long.

#include "daemon/config.h"
#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {

// clang-format off
Section Store() {
  return {"The store", {
      Choice(Dtm("Store.Driver"), {"sqlite", {"sqlite", "boltdb", "mysql"}}, [](Config& c, const std::string& v) { c.store.driver = v; },
             "Kind of store: sqlite is embedded (boltdb is taken to mean it), mysql is a MySQL or MariaDB server"),
      Text(Own("Store.Path"), "treaty.db", [](Config& c, const std::string& v) { c.store.path = v; },
           "Database file of sqlite, created with mode 0600 where missing; relative to the working directory. With .crash added, of every store, the file in which a crash is noted"),
      Text(Dtm("Store.Host"), "localhost", [](Config& c, const std::string& v) { c.store.host = v; },
           "Of mysql: name or address of the server"),
      Port(Dtm("Store.Port"), {3'306, 1, 65'535}, [](Config& c, std::uint16_t v) { c.store.port = v; },
           "Of mysql: port of the server"),
      Text(Own("Store.Socket"), "", [](Config& c, const std::string& v) { c.store.socket = v; },
           "Of mysql: path of the server's Unix socket; beats Store.Host"),
      Text(Dtm("Store.User"), "root", [](Config& c, const std::string& v) { c.store.user = v; },
           "Of mysql: who connects"),
      Secret(Dtm("Store.Password"), [](Config& c, const std::string& v) { c.store.password = v; },
             "Of mysql: that user's password. Never logged or printed; better in the environment than in a flag"),
      Text(Dtm("Store.Db"), "dtm", [](Config& c, const std::string& v) { c.store.database = v; },
           "Of mysql: the database, which exists already; tables are named treaty_*"),
      Count(Dtm("Store.MaxOpenConns"), {32, 3, 10'000}, [](Config& c, std::size_t v) { c.store.max_connections = v; },
            "Of mysql: connections at a time: one writes, one keeps the lease, the others read"),
      Seconds(Own("Store.ConnectTimeout"), {1, 1, 60}, [](Config& c, Duration v) { c.store.connect_timeout = v; },
              "Of mysql: how long connecting may take"),
      Seconds(Own("Store.Timeout"), {3, 1, 600}, [](Config& c, Duration v) { c.store.timeout = v; },
              "Of mysql: how long a statement may take; beyond, the connection is given up and requests are told 503"),
      Flag(Own("Store.Tls"), false, [](Config& c, bool v) { c.store.tls = v; },
           "Of mysql: refuse connections that are not encrypted"),
      Text(Own("Store.TlsCa"), "", [](Config& c, const std::string& v) { c.store.tls_ca = v; },
           "Of mysql: PEM file of the authority that signed the server's certificate, which is then verified; implies Store.Tls"),
      Text(Own("Store.TlsCert"), "", [](Config& c, const std::string& v) { c.store.tls_cert = v; },
           "Of mysql: PEM file of the client's certificate"),
      Text(Own("Store.TlsKey"), "", [](Config& c, const std::string& v) { c.store.tls_key = v; },
           "Of mysql: PEM file of its key"),
      Flag(Own("Store.UpgradeSchema"), true, [](Config& c, bool v) { c.store.upgrade_schema = v; },
           "Of mysql: create and upgrade the tables at the start; otherwise treatyd --print-schema shows what to run"),
      Flag(Own("Store.RequireDurable"), false, [](Config& c, bool v) { c.store.require_durable = v; },
           "Of mysql: refuse a server whose settings may lose a commit when its machine fails, rather than warn"),
      Seconds(Own("Store.MaxClockJump"), {30 * kDay, 0, 100 * kYear}, [](Config& c, Duration v) { c.store.max_clock_jump = v; },
              "How far the clock may be ahead of the last time in the store at the start; beyond, the start is refused before anything is deleted or timed out. 0: any time"),
      Seconds(Dtm("Store.DataExpire"), {7 * kDay, 1, 10 * kYear}, [](Config& c, Duration v) { c.engine.retention = v; },
              "How long finished transactions are kept"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
