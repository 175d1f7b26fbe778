// Queueing and time stamps are spdlog's; escaping and the outputs are ours.

#include "daemon/logging.h"

#include <fcntl.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/escape.h"

namespace treaty::daemon {
namespace {

// One place lines go to. Unbuffered: the writing thread has nothing else to do.
class Output {
 public:
  explicit Output(std::string name) : name_(std::move(name)) {}
  Output(Output&& other) noexcept
      : name_(std::move(other.name_)), fd_(std::exchange(other.fd_, -1)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  Output& operator=(Output&&) = delete;
  ~Output() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }

  // Opens, or opens again; a failure leaves what was open.
  Status Open() {
    if (name_ == "stdout" || name_ == "stderr") {
      fd_ = name_ == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
      return {};
    }
    constexpr int kFileMode = 0640;
    const int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode);
    if (fd < 0) {
      return {Code::kUnavailable, "Log.Outputs: cannot open " + Escape(name_) + ": " +
                                      std::strerror(errno) + "; check the path and its rights"};
    }
    if (fd_ > STDERR_FILENO) ::close(fd_);
    fd_ = fd;
    return {};
  }

  // A line that the disk refuses is lost: there is nowhere else to say so.
  void Append(const char* data, std::size_t size) {
    while (size > 0) {
      const ssize_t written = ::write(fd_, data, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      data += written;
      size -= static_cast<std::size_t>(written);
    }
  }

 private:
  std::string name_;
  int fd_ = -1;
};

class OutputsSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit OutputsSink(std::vector<Output> outputs) : outputs_(std::move(outputs)) {}

  Status OpenAll() {
    const std::lock_guard lock(mutex_);
    Status first;
    for (Output& output : outputs_) {
      Status status = output.Open();
      if (!status.ok() && first.ok()) first = std::move(status);
    }
    return first;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    for (Output& output : outputs_) output.Append(line.data(), line.size());
  }
  void flush_() override {}

  std::vector<Output> outputs_;
};

std::vector<Output> SplitOutputs(std::string_view names) {
  std::vector<Output> outputs;
  while (true) {
    const std::size_t comma = names.find(',');
    std::string_view name = names.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) outputs.emplace_back(std::string(name));
    if (comma == std::string_view::npos) return outputs;
    names.remove_prefix(comma + 1);
  }
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string TextLine(std::string_view gid, std::string_view message) {
  std::string line;
  if (!gid.empty()) line = "gid=" + Escape(gid) + " ";
  return line + Escape(message);
}

std::string JsonFields(std::string_view gid, std::string_view message) {
  std::string line;
  if (!gid.empty()) line = R"(,"gid":")" + EscapeJson(gid) + '"';
  return line + R"(,"message":")" + EscapeJson(message) + '"';
}

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l"%v})";

}  // namespace

class Logging::Impl {
 public:
  explicit Impl(const LogOptions& options)
      : json_(options.json),
        level_(options.level),
        sink_(std::make_shared<OutputsSink>(SplitOutputs(options.outputs))),
        pool_(std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "treatyd", sink_, pool_, spdlog::async_overflow_policy::overrun_oldest)) {
    sink_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json_ ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
    logger_->set_level(spdlog::level::trace);  // Our own level is asked before.
  }

  Status Open() { return sink_->OpenAll(); }

  bool Enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }

  void Write(LogLevel level, std::string_view gid, std::string_view message) {
    const std::string line = json_ ? JsonFields(gid, message) : TextLine(gid, message);
    logger_->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

  void SetLevel(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  std::size_t dropped() const { return pool_->overrun_counter(); }

 private:
  const bool json_;
  std::atomic<LogLevel> level_;
  // Shared with spdlog's queue, whose messages keep their logger alive.
  std::shared_ptr<OutputsSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

LogLevel ParseLogLevel(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "warn") return LogLevel::kWarn;
  if (text == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

Result<std::unique_ptr<Logging>> Logging::Open(const LogOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (Status status = impl->Open(); !status.ok()) return status;
  return std::unique_ptr<Logging>(new Logging(std::move(impl)));
}

Logging::Logging(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Logging::~Logging() = default;

bool Logging::Enabled(LogLevel level) const { return impl_->Enabled(level); }

void Logging::Write(LogLevel level, std::string_view gid, std::string_view message) {
  if (impl_->Enabled(level)) impl_->Write(level, gid, message);
}

void Logging::SetLevel(LogLevel level) { impl_->SetLevel(level); }
Status Logging::Reopen() { return impl_->Open(); }
std::size_t Logging::dropped() const { return impl_->dropped(); }

}  // namespace treaty::daemon
