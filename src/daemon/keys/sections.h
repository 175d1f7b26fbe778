// The rows of the table of keys, section by section, each in the file named after what it is about.

#pragma once

#include "daemon/config_keys.h"

namespace treaty::daemon::keys {

Section Listening();
Section Store();
Section Retries();
Section Alerts();
Section Participants();
Section HttpServer();
Section GrpcServer();
Section Transactions();
Section Calls();
Section Logging();
Section WithoutMeaning();

}  // namespace treaty::daemon::keys
