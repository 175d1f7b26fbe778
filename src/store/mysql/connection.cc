#include "store/mysql/connection.h"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <utility>

#include "store/mysql/errors.h"

namespace treaty {
namespace {

constexpr SqlConstant kCipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
constexpr SqlConstant kSession = "could not set up a session with the database";

int Seconds(Duration duration) {
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

std::string AddressOf(const MysqlConfig& config) {
  if (!config.socket.empty()) return "unix://" + config.socket;
  const bool v6 = config.host.find(':') != std::string::npos;
  return "tcp://" + (v6 ? "[" + config.host + "]" : config.host) + ":" +
         std::to_string(config.port);
}

// `first` runs before everything that the connector has to ask the server.
sql::ConnectOptionsMap OptionsOf(const MysqlConfig& config, const SqlText& first) {
  sql::ConnectOptionsMap options;
  if (!first.empty()) options["preInit"] = sql::SQLString(first.text());
  options["hostName"] = AddressOf(config);
  options["userName"] = config.user;
  options["password"] = config.password;
  options["schema"] = config.database;
  options["OPT_CONNECT_TIMEOUT"] = Seconds(config.connect_timeout);
  options["OPT_READ_TIMEOUT"] = Seconds(config.read_timeout);
  options["OPT_WRITE_TIMEOUT"] = Seconds(config.write_timeout);
  if (!config.ca_file.empty()) options["sslCA"] = config.ca_file;
  if (!config.cert_file.empty()) options["sslCert"] = config.cert_file;
  if (!config.key_file.empty()) options["sslKey"] = config.key_file;
  if (config.tls) options["sslEnforce"] = true;
  if (config.tls && !config.ca_file.empty()) options["sslVerify"] = true;
  return options;
}

std::string Described(const sql::SQLException& error, SqlConstant what) {
  std::string text(what.text());
  text += ": " + std::string(error.what()) + " (" + std::to_string(error.getErrorCode()) + ")";
  const std::string_view advice = AdviceOn(error.getErrorCode());
  return advice.empty() ? text : text + "; " + std::string(advice);
}

}  // namespace

std::int64_t MysqlRow::Int(int column) const {
  return row_.getInt64(static_cast<std::uint32_t>(column + 1));
}

std::string MysqlRow::Bytes(int column) const {
  return row_.getString(static_cast<std::uint32_t>(column + 1)).asStdString();
}

bool MysqlRow::IsNull(int column) const {
  return row_.isNull(static_cast<std::uint32_t>(column + 1));
}

MysqlConnection::MysqlConnection() = default;
MysqlConnection::~MysqlConnection() = default;

Status MysqlConnection::Connect(const MysqlConfig& config, const SqlText& first) {
  try {
    address_ = AddressOf(config);
    sql::ConnectOptionsMap options = OptionsOf(config, first);
    connection_.reset(get_driver_instance()->connect(options));
    statement_.reset(connection_->createStatement());
    return {};
  } catch (const sql::SQLException& error) {
    trouble_ = TroubleOf(error.getErrorCode());
    return {IsUnknownSetting(error.getErrorCode()) ? Code::kInvalidArgument : Code::kUnavailable,
            Described(error, "could not connect to the database") + At()};
  }
}

Result<std::unique_ptr<MysqlConnection>> MysqlConnection::Open(const MysqlConfig& config,
                                                               Autocommit autocommit) {
  std::unique_ptr<MysqlConnection> opened(new MysqlConnection());
  Status status = opened->Connect(config, SetSession(autocommit));
  if (status.code() == Code::kInvalidArgument) status = opened->Connect(config, SqlText());
  if (!status.ok()) return Status(Code::kUnavailable, status.message());
  if (status = opened->SetUp(autocommit); !status.ok()) return status;
  if (config.tls) {
    if (status = opened->CheckEncrypted(); !status.ok()) return status;
  }
  return opened;
}

// A known session, whatever the server's defaults are; the connector has settings of its own, so
// that what came first is said again.
Status MysqlConnection::SetUp(Autocommit autocommit) {
  Status status = Execute(SetSession(autocommit), kSession).status();
  if (!status.ok() && trouble_ == Trouble::kMistake) status = SetUpOneByOne(autocommit);
  if (status.ok()) status = Execute(SetTransactions(), kSession).status();
  return status.ok() ? status : Status(Code::kUnavailable, status.message());
}

// What a server does not have cannot be in the way.
Status MysqlConnection::SetUpOneByOne(Autocommit autocommit) {
  for (const SingleSetting& setting : SetSessionOneByOne(autocommit)) {
    const Status status = Execute(setting.sql, kSession).status();
    const bool skip = setting.may_fail && trouble_ == Trouble::kMistake;
    if (!status.ok() && !skip) return status;
  }
  return {};
}

// The client library goes on in the clear where the server does not know TLS.
Status MysqlConnection::CheckEncrypted() {
  std::string cipher;
  Status status = Query(SqlText(kCipher), kSession, [&cipher](const MysqlRow& row) {
    cipher = row.Bytes(1);
    return Status();
  });
  if (!status.ok() || !cipher.empty()) return status;
  return {Code::kUnavailable,
          "could not connect to the database: the server does not encrypt; set it up for TLS, or "
          "see Store.Tls"};
}

std::string MysqlConnection::At() const { return "; server: " + address_; }

Status MysqlConnection::Failed(const sql::SQLException& error, SqlConstant what) {
  trouble_ = TroubleOf(error.getErrorCode());
  Code code = trouble_ == Trouble::kMistake ? Code::kInternal : Code::kUnavailable;
  if (trouble_ == Trouble::kBlocked) code = Code::kBlocked;
  return {code, Described(error, what) + At()};
}

Status MysqlConnection::TooLong(const SqlText& sql, SqlConstant what) {
  trouble_ = Trouble::kMistake;
  return {Code::kInvalidArgument,
          std::string(what.text()) + ": " + std::to_string(sql.size()) +
              " bytes are more than the server's max_allowed_packet takes; raise it"};
}

Result<std::uint64_t> MysqlConnection::Execute(const SqlText& sql, SqlConstant what) {
  trouble_ = Trouble::kNone;
  if (sql.size() > most_bytes_) return TooLong(sql, what);
  try {
    return static_cast<std::uint64_t>(statement_->executeUpdate(sql.text()));
  } catch (const sql::SQLException& error) {
    return Failed(error, what);
  }
}

// Every result is read to its end: the connector keeps it whole in memory.
Status MysqlConnection::Query(const SqlText& sql, SqlConstant what,
                              const std::function<Status(const MysqlRow&)>& each) {
  trouble_ = Trouble::kNone;
  try {
    const std::unique_ptr<sql::ResultSet> rows(statement_->executeQuery(sql.text()));
    const MysqlRow row(*rows);
    while (rows->next()) {
      if (Status status = each(row); !status.ok()) return status;
    }
    return {};
  } catch (const sql::SQLException& error) {
    return Failed(error, what);
  }
}

}  // namespace treaty
