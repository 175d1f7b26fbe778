// A treatyd as a process of its own, with what it said and how it ended.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace treaty::daemon {

class Child {
 public:
  // Starts treatyd in `folder` with no configuration in its environment but `environment`, and
  // without a port for gRPC unless that gives one. `open_files`: as many as it may have; 0: as many
  // as the test.
  Child(const std::string& folder, std::vector<std::string> arguments,
        std::vector<std::string> environment = {}, unsigned open_files = 0);
  ~Child();  // Kills it if it still runs.

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Signal(int signal) const;

  // Returns the exit code (128 + signal when killed), or nothing if it still runs at the deadline.
  std::optional<int> Wait(std::chrono::milliseconds most = std::chrono::seconds(20));

  // Both outputs so far.
  std::string Said() const;

  // Whether its outputs contain `text` before the deadline, or before its end.
  bool Says(const std::string& text, std::chrono::milliseconds most = std::chrono::seconds(20));

  // The port of its "ready on" line; 0: it did not get ready.
  int Port();

 private:
  bool Reap();

  std::string output_;  // A file.
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Sends a GET to 127.0.0.1, or a POST if there is a body, and returns the whole reply; empty:
// refused.
std::string Http(int port, const std::string& target, const std::string& body = "");

// A participant that takes calls and never answers.
class SilentParticipant {
 public:
  SilentParticipant();
  ~SilentParticipant();

  SilentParticipant(const SilentParticipant&) = delete;
  SilentParticipant& operator=(const SilentParticipant&) = delete;

  std::string url() const;

  // Returns once somebody has connected; false: nobody did in time.
  bool WaitForCall(std::chrono::milliseconds most = std::chrono::seconds(20)) const;

 private:
  int fd_ = -1;
};

}  // namespace treaty::daemon
