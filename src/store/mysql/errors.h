// What the error numbers of MySQL and MariaDB mean to the store.

#pragma once

#include <string_view>

#include "store/mysql/connection.h"

namespace treaty {

// `code` as the server or the client library reports it, never 0.
Trouble TroubleOf(int code);

// Whether a statement set what the server does not have, or has in another way.
bool IsUnknownSetting(int code);

// What an operator could do about it; empty: the server's own words say it.
std::string_view AdviceOn(int code);

}  // namespace treaty
