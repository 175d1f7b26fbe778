// Fork, exec and a file for the outputs.

#include "daemon/child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/check.h"

namespace treaty::daemon {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Between two looks; what is waited for is always an event, never the time itself.
constexpr auto kPoll = std::chrono::milliseconds(2);

template <typename Condition>
bool UntilTrue(std::chrono::milliseconds most, Condition condition) {
  const auto deadline = SteadyClock::now() + most;
  while (!condition()) {
    if (SteadyClock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Child::Child(const std::string& folder, std::vector<std::string> arguments,
             std::vector<std::string> environment, unsigned open_files) {
  static int count = 0;
  output_ = folder + "/output." + std::to_string(++count);
  arguments.insert(arguments.begin(), TREATYD);
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  }
  // Tests run side by side, and the default port is there once.
  const auto sets_grpc = [](const std::string& one) { return one.starts_with("GRPC_PORT="); };
  if (std::ranges::none_of(environment, sets_grpc)) environment.push_back("GRPC_PORT=0");
  std::vector<char*> argv = Pointers(arguments);
  std::vector<char*> env = Pointers(environment);
  const int out = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  TREATY_CHECK(out >= 0);
  pid_ = ::fork();
  TREATY_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    const rlimit limit{open_files, open_files};
    if (open_files != 0) ::setrlimit(RLIMIT_NOFILE, &limit);
    if (::chdir(folder.c_str()) == 0) ::execve(TREATYD, argv.data(), env.data());
    ::_exit(127);
  }
  ::close(out);
}

Child::~Child() {
  if (Reap()) return;
  Signal(SIGKILL);
  Wait();
}

void Child::Signal(int signal) const {
  if (!exit_code_) ::kill(pid_, signal);
}

bool Child::Reap() {
  int status = 0;
  if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return exit_code_.has_value();
}

std::optional<int> Child::Wait(std::chrono::milliseconds most) {
  UntilTrue(most, [this] { return Reap(); });
  return exit_code_;
}

std::string Child::Said() const {
  std::ifstream file(output_);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool Child::Says(const std::string& text, std::chrono::milliseconds most) {
  const auto said = [&] { return Said().find(text) != std::string::npos; };
  UntilTrue(most, [&] { return Reap() || said(); });
  return said();
}

int Child::Port() {
  const std::string ready = " is ready on http://127.0.0.1:";
  if (!Says(ready) || !Says(" ms, store")) return 0;
  const std::string text = Said();
  return std::atoi(text.c_str() + text.find(ready) + ready.size());
}

std::string Http(int port, const std::string& target, const std::string& body) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  std::string reply;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = (body.empty() ? "GET " : "POST ") + target +
                                " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                body;
    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char block[4096];
    for (ssize_t got = 0; (got = ::recv(fd, block, sizeof block, 0)) > 0;) {
      reply.append(block, static_cast<std::size_t>(got));
    }
  }
  ::close(fd);
  return reply;
}

SilentParticipant::SilentParticipant() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in address = Loopback(0);
  TREATY_CHECK(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  TREATY_CHECK(::listen(fd_, 8) == 0);
}

SilentParticipant::~SilentParticipant() { ::close(fd_); }

std::string SilentParticipant::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  TREATY_CHECK(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/silent";
}

bool SilentParticipant::WaitForCall(std::chrono::milliseconds most) const {
  pollfd waiting{fd_, POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(most.count())) == 1;
}

}  // namespace treaty::daemon
