#include "support/mariadb.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

namespace treaty::test {
namespace {

using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

std::string NewFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "treaty-db-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  return name;
}

// Free when it is asked for; nobody else on the machine picks from this range at random.
std::uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

// Runs a program that ends with its parent, whatever happens to that; its output goes to a file.
pid_t Spawn(std::vector<std::string> words, const std::string& output, const std::string& input) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int in = open(input.empty() ? "/dev/null" : input.c_str(), O_RDONLY | O_CLOEXEC);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvp(argv[0], argv.data());
  _exit(127);
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ContentOf(const std::string& path) {
  std::string content;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "re"), fclose);
  std::array<char, 4'096> block;
  std::size_t got = 0;
  while (file && (got = fread(block.data(), 1, block.size(), file.get())) > 0) {
    content.append(block.data(), got);
  }
  return content;
}

void WriteFile(const std::string& path, const std::string& content) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "we"), fclose);
  ASSERT_NE(file, nullptr) << path;
  ASSERT_EQ(fwrite(content.data(), 1, content.size(), file.get()), content.size());
}

// The server refuses to run as root unless it is told to.
std::string User() { return geteuid() == 0 ? "--user=root" : "--console"; }

}  // namespace

// The folder for temporary tables is its own too: a server that starts removes those it finds.
MariaDb::MariaDb(std::vector<std::string> options)
    : options_(std::move(options)), folder_(NewFolder()), port_(FreePort()) {
  std::filesystem::create_directory(folder_ + "/tmp");
  const pid_t install =
      Spawn({"mariadb-install-db", "--no-defaults", "--datadir=" + folder_ + "/data",
             "--tmpdir=" + folder_ + "/tmp", "--auth-root-authentication-method=normal",
             "--skip-test-db", User()},
            folder_ + "/install.log", "");
  EXPECT_EQ(WaitFor(install), 0) << ContentOf(folder_ + "/install.log")
                                 << "\ninstall mariadb-server-core and mariadb-client-core";
  Start();
}

MariaDb::~MariaDb() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void MariaDb::Start() {
  std::vector<std::string> words = {"mariadbd",
                                    "--no-defaults",
                                    "--datadir=" + folder_ + "/data",
                                    "--tmpdir=" + folder_ + "/tmp",
                                    "--socket=" + socket(),
                                    "--port=" + std::to_string(port_),
                                    "--bind-address=*",
                                    "--pid-file=" + folder_ + "/pid",
                                    "--innodb-flush-log-at-trx-commit=1",
                                    "--skip-name-resolve",
                                    User()};
  words.insert(words.end(), options_.begin(), options_.end());
  pid_ = Spawn(words, folder_ + "/server.log", "");
  const auto deadline = Steady::now() + seconds(60);
  while (!IsUp() && Steady::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(IsUp()) << ContentOf(folder_ + "/server.log");
}

bool MariaDb::IsUp() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool up = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return up;
}

void MariaDb::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  WaitFor(pid_);
  pid_ = -1;
}

// The signal is only sent when kill() returns: threads on other cores may still be at work.
void MariaDb::Freeze() {
  kill(pid_, SIGSTOP);
  siginfo_t stopped{};
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED);
}

void MariaDb::Continue() { kill(pid_, SIGCONT); }

void MariaDb::Run(const std::string& sql) const { Ask(sql); }

std::string MariaDb::Ask(const std::string& sql) const {
  const std::string input = folder_ + "/query.sql";
  const std::string output = folder_ + "/query.out";
  WriteFile(input, sql);
  const int code = WaitFor(Spawn({"mariadb", "--no-defaults", "--socket=" + socket(), "--user=root",
                                  "--batch", "--skip-column-names"},
                                 output, input));
  const std::string said = ContentOf(output);
  EXPECT_EQ(code, 0) << said << "\n" << sql;
  return said;
}

std::string MariaDb::NewDatabase() {
  const std::string name = "t" + std::to_string(++databases_);
  Run("CREATE DATABASE " + name);
  return name;
}

MariaDb& SharedMariaDb() {
  static MariaDb server;
  return server;
}

}  // namespace treaty::test
