// Where transactions are kept, and for how long.

#include "daemon/config.h"
#include "daemon/drivers.h"
#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {
namespace {

Key OfServers(Key key) {
  key.meaning = "Of " + ServerNames() + ": " + key.meaning;
  return key;
}

}  // namespace

// clang-format off
Section Store() {
  return {"The store", {
      Choice(Dtm("Store.Driver"), {"sqlite", DriverNames()}, [](Config& c, const std::string& v) { c.store.driver = v; },
             "Kind of store: " + DriverSummaries()),
      Text(Own("Store.Path"), "treaty.db", [](Config& c, const std::string& v) { c.store.path = v; },
           "Database file of sqlite, created with mode 0600 where missing; relative to the working directory. With .crash added, of every store, the file in which a crash is noted"),
      OfServers(Text(Dtm("Store.Host"), "localhost", [](Config& c, const std::string& v) { c.store.host = v; },
                     "name or address of the server")),
      OfServers(Port(Dtm("Store.Port"), {3'306, 1, 65'535}, [](Config& c, std::uint16_t v) { c.store.port = v; },
                     "port of the server")),
      OfServers(Text(Own("Store.Socket"), "", [](Config& c, const std::string& v) { c.store.socket = v; },
                     "path of the server's Unix socket; beats Store.Host")),
      OfServers(Text(Dtm("Store.User"), "root", [](Config& c, const std::string& v) { c.store.user = v; },
                     "who connects")),
      OfServers(Secret(Dtm("Store.Password"), [](Config& c, const std::string& v) { c.store.password = v; },
                       "that user's password. Never logged or printed; better in the environment than in a flag")),
      OfServers(Text(Dtm("Store.Db"), "dtm", [](Config& c, const std::string& v) { c.store.database = v; },
                     "the database, which exists already; tables are named treaty_*")),
      OfServers(Count(Dtm("Store.MaxOpenConns"), {32, 3, 10'000}, [](Config& c, std::size_t v) { c.store.max_connections = v; },
                      "connections at a time: one writes, one keeps the lease, the others read")),
      OfServers(Seconds(Own("Store.ConnectTimeout"), {1, 1, 60}, [](Config& c, Duration v) { c.store.connect_timeout = v; },
                        "how long connecting may take")),
      OfServers(Seconds(Own("Store.Timeout"), {3, 1, 600}, [](Config& c, Duration v) { c.store.timeout = v; },
                        "how long a statement may take; beyond, the connection is given up and requests are told 503")),
      OfServers(Flag(Own("Store.Tls"), false, [](Config& c, bool v) { c.store.tls = v; },
                     "refuse connections that are not encrypted")),
      OfServers(Text(Own("Store.TlsCa"), "", [](Config& c, const std::string& v) { c.store.tls_ca = v; },
                     "PEM file of the authority that signed the server's certificate, which is then verified; implies Store.Tls")),
      OfServers(Text(Own("Store.TlsCert"), "", [](Config& c, const std::string& v) { c.store.tls_cert = v; },
                     "PEM file of the client's certificate")),
      OfServers(Text(Own("Store.TlsKey"), "", [](Config& c, const std::string& v) { c.store.tls_key = v; },
                     "PEM file of its key")),
      OfServers(Flag(Own("Store.UpgradeSchema"), true, [](Config& c, bool v) { c.store.upgrade_schema = v; },
                     "create and upgrade the tables at the start; otherwise treatyd --print-schema shows what to run")),
      OfServers(Flag(Own("Store.RequireDurable"), false, [](Config& c, bool v) { c.store.require_durable = v; },
                     "refuse a server whose settings may lose a commit when its machine fails, rather than warn")),
      Seconds(Own("Store.MaxClockJump"), {30 * kDay, 0, 100 * kYear}, [](Config& c, Duration v) { c.store.max_clock_jump = v; },
              "How far the clock may be ahead of the last time in the store at the start; beyond, the start is refused before anything is deleted or timed out. 0: any time"),
      Seconds(Dtm("Store.DataExpire"), {7 * kDay, 1, 10 * kYear}, [](Config& c, Duration v) { c.engine.retention = v; },
              "How long finished transactions are kept"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
