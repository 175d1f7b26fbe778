// The kinds of store: one row each. Adding one is a row in drivers.cc, and its store.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "daemon/config_keys.h"
#include "daemon/store_settings.h"
#include "store/store.h"

namespace treaty::daemon {

// What is wrong with the value of a key.
struct KeyMistake {
  std::string_view key;
  std::string text;  // With the key's name in it.
};

// Another default than the key's own.
struct DriverDefault {
  std::string_view key;
  std::string_view value;
};

struct Driver {
  std::string_view name;     // The word for it in Store.Driver.
  std::string_view summary;  // Follows the name in a sentence: "is embedded".

  // Another word that is taken to mean it, with what whoever writes it should know; empty: none.
  std::string_view other_name = {};
  std::string_view other_name_warning = {};

  // A server, which other processes reach too: instances share it by leases, and the keys of
  // servers (Store.Host and so on) are for it.
  bool is_server = false;

  std::span<const DriverDefault> defaults = {};

  // What keys of servers do not allow together; null: nothing.
  std::vector<KeyMistake> (*check)(const StoreSettings&) = nullptr;

  // Fails as the store's own function does. `log` outlives the store.
  Result<std::unique_ptr<Store>> (*open)(const StoreSettings&, Log& log) = nullptr;

  // What an operator calls the store: a path, or user, server and database; no secret.
  std::string (*describe)(const StoreSettings&) = nullptr;

  // Copies the database to a new file while a daemon may be running on it, and says what to do with
  // the copy. Null: that is for tools of its own.
  Result<std::string> (*backup)(const StoreSettings&, const std::string& to) = nullptr;

  // The SQL that makes the tables, for whoever may do what the daemon may not. Null: it never needs
  // to be run by hand.
  std::string (*schema)() = nullptr;
};

std::span<const Driver> Drivers();

// Returns the driver that `name` means among `drivers`, or null.
const Driver* FindDriver(std::string_view name, std::span<const Driver> drivers = Drivers());

// That of settings which BuildConfig has passed.
const Driver& DriverOf(const StoreSettings& store);

// All words that Store.Driver may be, in the order of the rows.
std::vector<std::string> DriverNames();

// What kinds there are, in a sentence.
std::string DriverSummaries();

// The names of the drivers that are servers, with commas between.
std::string ServerNames();

// Returns the default that `key` has with `driver`.
std::string DefaultOf(const Key& key, const Driver& driver);

// Where `drivers` have other defaults than the key's own, says so: ", with other 5432"; else empty.
std::string OtherDefaults(const Key& key, std::span<const Driver> drivers = Drivers());

// The SQL of the driver that is set, or else of the first that has one.
std::string SchemaOf(const StoreSettings& store);

}  // namespace treaty::daemon
