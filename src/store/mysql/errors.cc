// Sources: the error references of MySQL 8.0 and MariaDB, and of Galera for 1047 and 1213.

#include "store/mysql/errors.h"

namespace treaty {

Trouble TroubleOf(int code) {
  switch (code) {
    case 1213:  // Deadlock, or another node's write won the certification.
    case 3101:  // Group Replication rolled the transaction back.
      return Trouble::kRolledBack;
    case 1021:  // Disk full.
    case 1037:  // Out of memory.
    case 1038:  // Out of memory to sort.
    case 1040:  // Too many connections.
    case 1041:  // Out of memory.
    case 1114:  // The table is full.
    case 1203:  // Too many connections of this user.
    case 1226:  // A limit of this user's resources.
    case 1317:  // Somebody has ended the statement,
    case 1969:
    case 3024:  // or it took too long.
    case 3168:  // Server is not available now.
      return Trouble::kRefused;
    case 1205:  // A lock was not had in time,
    case 3572:  // or not at once: MySQL's NOWAIT.
      return Trouble::kBlocked;
    case 1047:  // Galera: the node is not ready.
    case 1053:  // Shutdown in progress.
    case 1077:
    case 1079:
    case 1080:  // The server ends.
    case 1152:
    case 1156:
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1184:  // The network between.
    case 1290:
    case 1836:  // Read-only: somewhere else may be the primary by now.
    case 1792:
    case 1927:  // Killed.
    case 3100:
    case 4031:  // The server gave an idle client up.
      return Trouble::kLost;
    default:
      break;
  }
  // The client library's own errors.
  const bool client = (code >= 2000 && code < 3000) || code >= 5000;
  return client ? Trouble::kLost : Trouble::kMistake;
}

bool IsUnknownSetting(int code) {
  switch (code) {
    case 1193:  // Unknown variable.
    case 1227:  // It takes a privilege.
    case 1229:  // Only for all sessions.
    case 1231:  // A value that it does not take.
    case 1232:  // A type that it does not take.
    case 1238:  // It cannot be set.
      return true;
    default:
      return false;
  }
}

std::string_view AdviceOn(int code) {
  switch (code) {
    case 1044:
    case 1142:
    case 1045:
      return "see Store.User, Store.Password and that user's rights";
    case 1049:
      return "create the database, or see Store.Db";
    case 1054:
    case 1146:
      return "the schema is not the one of this version; see treatyd --print-schema";
    case 1153:
      return "raise the server's max_allowed_packet";
    case 1665:
      return "set binlog_format to ROW or MIXED";
    case 2002:
    case 2003:
    case 2005:
      return "see Store.Host and Store.Port, and whether the server runs";
    default:
      return "";
  }
}

}  // namespace treaty
