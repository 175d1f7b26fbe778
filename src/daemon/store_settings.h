// What the keys Store.* say.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace treaty::daemon {

// Each driver (drivers.h) takes from it what it needs.
struct StoreSettings {
  std::string driver;  // As it was written: a driver's name, or the other name of one.
  std::string path;
  std::string host;
  std::uint16_t port = 0;
  std::string socket;
  std::string user;
  std::string password;
  std::string database;
  std::size_t max_connections = 0;
  Duration connect_timeout{0};
  Duration timeout{0};  // Of one statement.
  bool tls = false;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  bool upgrade_schema = false;
  bool require_durable = false;
  Duration max_clock_jump{0};
  std::size_t largest_record = 0;  // Bytes of payloads.
};

}  // namespace treaty::daemon
