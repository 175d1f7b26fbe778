// treatyd: reads what it was told, starts the daemon, obeys signals until it is to stop.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <string>

#include "daemon/command_line.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/descriptors.h"
#include "daemon/drivers.h"
#include "daemon/exit_codes.h"
#include "daemon/logging.h"
#include "daemon/reference.h"
#include "daemon/signals.h"
#include "daemon/targets.h"
#include "daemon/version.h"

namespace treaty::daemon {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How long past the request time-out an orderly end may take.
constexpr Duration kStopMargin = std::chrono::milliseconds(900);

// Two signals to stop within this time are one wish: npm and timeout(1) send two.
constexpr Duration kOneWish = std::chrono::seconds(1);

Result<Loaded> LoadConfig(const CommandLine& line) {
  std::vector<Given> given;
  if (!line.config_file.empty()) {
    Result<std::vector<Given>> file = ReadYaml(line.config_file);
    if (!file.ok()) return file.status();
    given = *std::move(file);
  }
  std::vector<std::string> warnings;
  for (Given& one : ReadEnvironment(environ, warnings)) given.push_back(std::move(one));
  for (const Given& one : line.flags) given.push_back(one);
  Result<Loaded> loaded = BuildConfig(given);
  if (loaded.ok()) {
    loaded->warnings.insert(loaded->warnings.end(), warnings.begin(), warnings.end());
  }
  return loaded;
}

int Fail(int exit_code, const std::string& message) {
  std::cerr << "treatyd: " << message << std::endl;
  return exit_code;
}

int ConfigMistake(const Status& status) {
  std::string text = status.message();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) {
    text.replace(at, 1, "\ntreatyd: config error: ");
    ++at;
  }
  return Fail(kExitConfig, "config error: " + text);
}

int CheckConfig(const Loaded& loaded) {
  for (const std::string& warning : loaded.warnings) {
    std::cerr << "treatyd: warning: " << warning << "\n";
  }
  std::cout << "The configuration is valid." << std::endl;
  return kExitOk;
}

int Print(const std::string& text) {
  std::cout << text << std::flush;
  return kExitOk;
}

int Backup(const Config& config, const std::string& to) {
  const Driver& driver = DriverOf(config.store);
  if (driver.backup == nullptr) {
    return Fail(kExitFailed, "backup failed: Store.Driver is " + std::string(driver.name) +
                                 "; use the server's own tools");
  }
  const Result<std::string> copied = driver.backup(config.store, to);
  if (!copied.ok()) return Fail(kExitFailed, "backup failed: " + copied.status().message());
  std::cout << *copied << std::endl;
  return kExitOk;
}

// Runs `start`, which returns a Result, and has libraries' exceptions in it: what they throw when
// the system has none of something left.
template <typename Start>
auto OrWhyNot(const Start& start) -> decltype(start()) {
  try {
    return start();
  } catch (const std::bad_alloc&) {
    return Status(Code::kResourceExhausted,
                  "not enough memory; give the process more (ulimit -v, the container's limit)");
  } catch (const std::exception& error) {
    return Status(
        Code::kResourceExhausted,
        std::string(error.what()) +
            "; see the limits of the process (ulimit -n for files, ulimit -u for threads)");
  }
}

// Runs one daemon from its start to its end.
class Runner {
 public:
  Runner(const CommandLine& line, const Config& config, Logging& log, Signals& signals)
      : line_(line), config_(config), log_(log), signals_(signals) {}

  int Run(SteadyClock::time_point started) {
    auto daemon = OrWhyNot([this] { return Daemon::Start(config_, log_); });
    if (!daemon.ok()) {
      log_.Write(LogLevel::kError, "", "cannot start: " + daemon.status().message());
      return kExitFailed;
    }
    const auto took = std::chrono::duration_cast<Duration>(SteadyClock::now() - started);
    Info("treaty " + std::string(kVersion) + " is ready on " + (*daemon)->url() + " after " +
         std::to_string(took.count()) + " ms, store " +
         DriverOf(config_.store).describe(config_.store) + ", process " +
         std::to_string(::getpid()));
    ServeUntilStopped();
    return StopOrderly(**daemon);
  }

 private:
  void Info(const std::string& text) { log_.Write(LogLevel::kInfo, "", text); }

  void ServeUntilStopped() {
    const Result<bool> loopback = IsLoopbackAddress(config_.host);
    const bool open = !loopback.ok() || !*loopback;
    while (true) {
      if (open) WarnOpen();
      constexpr Duration kReminder = std::chrono::hours(1);
      auto event = Signals::Event::kNotified;
      while ((event = signals_.Wait(kReminder)) == Signals::Event::kHangUp) HangUp();
      if (event == Signals::Event::kStop) return;
    }
  }

  void WarnOpen() {
    log_.Write(LogLevel::kWarn, "",
               "listening on " + config_.host +
                   " without authentication: whoever reaches the port commands this daemon. "
                   "Treaty belongs on a trusted network");
  }

  void HangUp() {
    const Status reopened = log_.Reopen();
    if (!reopened.ok()) log_.Write(LogLevel::kError, "", reopened.message());
    const Result<Loaded> loaded = LoadConfig(line_);
    if (loaded.ok()) {
      log_.SetLevel(loaded->config.log.level);
      Info("SIGHUP: log files opened again, LogLevel is " + loaded->values.at("LogLevel"));
    } else {
      log_.Write(LogLevel::kError, "",
                 "SIGHUP: LogLevel stays: config error: " + loaded.status().message());
    }
  }

  // What is acknowledged is stored; what is not goes on, or is done again, after the next start.
  [[noreturn]] void LeaveAtOnce(const std::string& why) {
    log_.Write(LogLevel::kError, "", why);
    const std::string line = why + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(kExitFailed);
  }

  // A second wish, or an end that takes too long, leaves at once: what matters is stored.
  int StopOrderly(Daemon& daemon) {
    const Duration patience = config_.engine.policy.request_timeout;
    const Duration most = patience + kStopMargin;
    const auto told = SteadyClock::now();
    const auto deadline = told + most;
    Info("stopping: no new requests; calls under way may take up to " +
         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) +
         " s; a second signal, a second from now or later, ends at once");
    daemon.Stop([this] { signals_.Notify(); });
    while (true) {
      const auto left = std::chrono::ceil<Duration>(deadline - SteadyClock::now());
      const Signals::Event event = signals_.Wait(std::max(left, Duration(0)));
      if (event == Signals::Event::kNotified) break;
      if (event == Signals::Event::kHangUp) continue;
      if (event == Signals::Event::kStop && SteadyClock::now() < told + kOneWish) continue;
      LeaveAtOnce(event == Signals::Event::kStop
                      ? "ending at once, as a second signal asks"
                      : "stopping took too long (does the store take writes?), ending now");
    }
    Info("stopped");
    return kExitOk;
  }

  const CommandLine& line_;
  const Config& config_;
  Logging& log_;
  Signals& signals_;
};

int Serve(const CommandLine& line, const Loaded& loaded, SteadyClock::time_point started) {
  const Config& config = loaded.config;
  if (Status status = RaiseDescriptorLimit(config); !status.ok()) {
    return Fail(kExitFailed, "cannot start: " + status.message());
  }
  Signals signals;
  auto log = OrWhyNot([&config] { return Logging::Open(config.log); });
  if (!log.ok()) return Fail(kExitFailed, log.status().message());
  for (const std::string& warning : loaded.warnings) {
    (*log)->Write(LogLevel::kWarn, "", warning);
  }
  WarnOfFewDescriptors(config, **log);
  return Runner(line, config, **log, signals).Run(started);
}

int Main(int argc, char** argv) {
  const SteadyClock::time_point started = SteadyClock::now();
  int exit_code = kExitOk;
  const std::optional<CommandLine> line = ReadCommandLine(argc, argv, exit_code);
  if (!line) return exit_code;
  if (line->print_default_config) return Print(DefaultConfigFile());
  if (line->print_reference) return Print(ReferencePage());
  const Result<Loaded> loaded = LoadConfig(*line);
  if (!loaded.ok()) return ConfigMistake(loaded.status());
  if (line->check_config) return CheckConfig(*loaded);
  if (line->print_config) return Print(PrintConfig(*loaded));
  if (line->print_schema) return Print(SchemaOf(loaded->config.store));
  if (!line->backup_to.empty()) return Backup(loaded->config, line->backup_to);
  return Serve(*line, *loaded, started);
}

}  // namespace
}  // namespace treaty::daemon

int main(int argc, char** argv) { return treaty::daemon::Main(argc, argv); }
