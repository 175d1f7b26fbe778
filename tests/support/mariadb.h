// A MariaDB of the test's own: its own folder, port and socket, gone at the end.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace treaty::test {

class MariaDb {
 public:
  // Makes the folder and starts the server with `options` besides its own; fails the test if that
  // takes more than a minute.
  explicit MariaDb(std::vector<std::string> options = {});
  ~MariaDb();

  MariaDb(const MariaDb&) = delete;
  MariaDb& operator=(const MariaDb&) = delete;

  std::string socket() const { return folder_ + "/s"; }
  std::uint16_t port() const { return port_; }

  // Runs statements as root, with the client program.
  void Run(const std::string& sql) const;

  // Returns what a query prints: rows in lines, columns apart by tabs.
  std::string Ask(const std::string& sql) const;

  // Makes an empty database of a new name and returns that.
  std::string NewDatabase();

  void Kill();      // As a power failure would.
  void Start();     // Again, on what is in the folder.
  void Freeze();    // SIGSTOP: connections stay and nobody answers.
  void Continue();  // SIGCONT.

 private:
  bool IsUp() const;

  const std::vector<std::string> options_;
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int databases_ = 0;
};

// The server that the tests of one program share.
MariaDb& SharedMariaDb();

}  // namespace treaty::test
