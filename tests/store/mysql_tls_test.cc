// Encrypted connections, on a server with a certificate of the test's own authority.

#include <cstdlib>

#include "contract/temp_folder.h"
#include "store/mysql/connection.h"
#include "store/mysql_fixture.h"

namespace treaty::store_test {
namespace {

// Certificates that the openssl program makes: an authority, a server, and another authority.
class Certificates {
 public:
  Certificates() {
    Make("ca", "-subj /CN=authority");
    Make("other", "-subj /CN=other");
    Make("server", "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -CA " + File("ca.pem") +
                       " -CAkey " + File("ca.key"));
  }
  std::string File(const std::string& name) const { return folder_.File(name); }

 private:
  void Make(const std::string& name, const std::string& more) {
    const std::string command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout " +
                                File(name + ".key") + " -out " + File(name + ".pem") + " " + more +
                                " >" + File("log") + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  TempFolder folder_;
};

class MysqlTlsTest : public ::testing::Test {
 protected:
  MysqlTlsTest() { server_.Run("CREATE DATABASE tls"); }

  MysqlConfig Config() const {
    return {.port = server_.port(), .user = "root", .database = "tls", .tls = true};
  }

  // Connects; returns the cipher of the session, or what went wrong.
  static std::string CipherOf(const MysqlConfig& config) {
    auto connection = MysqlConnection::Open(config, Autocommit::kOn);
    if (!connection.ok()) return "refused: " + connection.status().message();
    std::string cipher;
    const Status status = (*connection)
                              ->Query(SqlText("SHOW SESSION STATUS LIKE 'Ssl_cipher'"), "asking",
                                      [&cipher](const MysqlRow& row) {
                                        cipher = row.Bytes(1);
                                        return Status();
                                      });
    EXPECT_TRUE(status.ok()) << status.message();
    return cipher;
  }

  Certificates certificates_;
  test::MariaDb server_{{"--ssl-cert=" + certificates_.File("server.pem"),
                         "--ssl-key=" + certificates_.File("server.key"),
                         "--ssl-ca=" + certificates_.File("ca.pem")}};
};

TEST_F(MysqlTlsTest, EncryptsAndVerifiesAsTold) {
  using ::testing::StartsWith;
  MysqlConfig config = Config();
  EXPECT_THAT(CipherOf(config), StartsWith("TLS_"));
  config.ca_file = certificates_.File("ca.pem");
  EXPECT_THAT(CipherOf(config), StartsWith("TLS_"));
  config.ca_file = certificates_.File("other.pem");
  EXPECT_THAT(CipherOf(config), StartsWith("refused: could not connect"));
  config.ca_file = certificates_.File("ca.pem");
  config.host = "127.0.0.2";  // The same server, under a name that its certificate does not have.
  EXPECT_THAT(CipherOf(config), StartsWith("refused: could not connect"));
}

TEST_F(MysqlTlsTest, RefusesAServerThatCannotEncrypt) {
  MysqlConfig config = Config();
  config.port = test::SharedMariaDb().port();
  config.database = test::SharedMariaDb().NewDatabase();
  EXPECT_THAT(CipherOf(config), ::testing::StartsWith("refused: could not connect"));
  config.tls = false;
  EXPECT_EQ(CipherOf(config), "");
}

}  // namespace
}  // namespace treaty::store_test
