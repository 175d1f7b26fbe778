// What a session is made to be, whatever the server's defaults are.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/mysql/sql_text.h"

namespace treaty {

enum class Autocommit : std::uint8_t { kOff, kOn };

// A variable that could change what a statement means, whether it may run, or how long it waits.
struct SessionSetting {
  enum class Of : std::uint8_t {
    kAll,      // Every server that will do has it.
    kMariaDb,  // Of MariaDB; a version without it does as well.
    kMysql,    // Of MySQL; likewise.
  };
  Of of = Of::kAll;
  SqlConstant name;
  SqlConstant value;
};

// All that have the same value in every session, in the order in which they are set. Besides them
// autocommit, wait_timeout and what SET TRANSACTION is for are set.
std::span<const SessionSetting> SessionSettings();

// Sets all of them in one statement, which names to each kind of server only what that has.
SqlText SetSession(Autocommit autocommit);

// The same, one statement each, for a server that does not know one of them.
struct SingleSetting {
  SqlText sql;
  bool may_fail = false;
};
std::vector<SingleSetting> SetSessionOneByOne(Autocommit autocommit);

// Isolation and access mode, whose variables are named differently from server to server.
SqlText SetTransactions();

}  // namespace treaty
