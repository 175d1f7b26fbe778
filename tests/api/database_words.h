// What databases say when they fail, and what of it is nobody's business but an operator's.

#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace treaty::testing {

inline std::vector<Status> DatabaseTroubles() {
  return {
      {Code::kUnavailable,
       "could not connect to the database: Can't connect to server on '10.96.12.7' (115) (2002); "
       "see Store.Host and Store.Port, and whether the server runs"},
      {Code::kUnavailable,
       "could not read a transaction: Access denied for user 'secret-user'@'10.96.12.7' (1045)"},
      {Code::kUnavailable, "could not commit: disk I/O error /var/lib/treaty/treaty.db (778)"},
      {Code::kUnknown, "could not commit: Lost connection to server at 10.96.12.7:3306 (2013)"},
      {Code::kInternal, "could not commit: Table 'dtm.treaty_txn' doesn't exist (1146)"},
      {Code::kInternal, "could not prepare SELECT version FROM txn WHERE gid = ?1: no such column"},
      {Code::kDataLoss, "could not read: database disk image is malformed (11) treaty.db"},
  };
}

// Whether a reply keeps the words of the database to itself, whichever of them it was.
inline ::testing::Matcher<std::string> HasNoWordsOfTheDatabase() {
  std::vector<::testing::Matcher<std::string>> none;
  for (const char* word : {"10.96.12.7", "3306",          "(115)",          "2002",
                           "1045",       "2013",          "1146",           "778",
                           "(11)",       "secret-user",   "Store.",         "treaty.db",
                           "/var/",      "treaty_txn",    "dtm.",           "SELECT",
                           "WHERE",      "Can't connect", "Access denied",  "Lost connection",
                           "disk I/O",   "malformed",     "no such column", "doesn't"}) {
    none.push_back(::testing::Not(::testing::HasSubstr(word)));
  }
  return ::testing::AllOfArray(none);
}

}  // namespace treaty::testing
