#include "store/mysql/sole_user.h"

#include <string>

namespace treaty {
namespace {

constexpr SqlConstant kWhat = "could not take the database over";

// Named by the database: such locks are the whole server's.
constexpr SqlConstant kTake =
    "SELECT CONNECTION_ID(), GET_LOCK(CONCAT('treaty.', LEFT(MD5(database()), 16)), 0), "
    "IS_USED_LOCK(CONCAT('treaty.', LEFT(MD5(database()), 16)))";

// A process that has just ended may seem to be there for a moment.
constexpr SqlConstant kPause = "DO SLEEP(0.2)";
constexpr int kTries = 5;

struct Answer {
  std::int64_t own = 0;
  bool taken = false;
  std::int64_t holder = 0;
};

Result<Answer> Ask(MysqlConnection& connection) {
  Answer answer;
  Status status = connection.Query(SqlText(kTake), kWhat, [&answer](const MysqlRow& row) {
    answer = {row.Int(0), !row.IsNull(1) && row.Int(1) == 1, row.IsNull(2) ? 0 : row.Int(2)};
    return Status();
  });
  if (!status.ok()) return status;
  return answer;
}

// It may have ended by itself meanwhile: only the lock counts.
void End(MysqlConnection& connection, std::int64_t id) {
  SqlText sql("KILL CONNECTION ");
  sql.Int(id);
  static_cast<void>(connection.Execute(sql, kWhat).ok());
}

}  // namespace

Status SoleUser::Take(MysqlConnection& connection) {
  Result<Answer> answer = Ask(connection);
  for (int i = 1; i < kTries && answer.ok() && !answer->taken; ++i) {
    if (former_ != 0 && answer->holder == former_) End(connection, former_);
    const Result<std::uint64_t> paused = connection.Execute(SqlText(kPause), kWhat);
    answer = paused.ok() ? Ask(connection) : paused.status();
  }
  if (!answer.ok()) return answer.status();
  if (!answer->taken) {
    return {Code::kAlreadyExists, "another treatyd works on the database (connection " +
                                      std::to_string(answer->holder) +
                                      " of the server); one at a time, in this version"};
  }
  former_ = answer->own;
  return {};
}

}  // namespace treaty
