// The handler calls nothing but write, sigaction and raise: all of them are safe there.

#include "daemon/crash_note.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>

#include "base/at_work_on.h"
#include "base/system_words.h"

namespace treaty::daemon {
namespace {

constexpr std::array<int, 5> kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

int notes = -1;
std::array<struct sigaction, kSignals.size()> former;

void Note(int signal) {
  const std::string* const gid = AtWorkOn::current();
  if (gid != nullptr) {
    [[maybe_unused]] ssize_t written = ::write(notes, gid->data(), gid->size());
    written = ::write(notes, "\n", 1);
  }
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal) ::sigaction(signal, &former[i], nullptr);
  }
  ::raise(signal);  // Delivered when this handler returns.
}

}  // namespace

Status NoteCrashesIn(const std::string& path) {
  notes = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (notes < 0) {
    return {Code::kUnavailable, "could not open " + path + ": " + SystemWords(errno)};
  }
  struct sigaction action{};
  action.sa_handler = Note;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &former[i]);
  }
  return {};
}

std::vector<std::string> ReadCrashNotes(const std::string& path) {
  std::vector<std::string> gids;
  std::ifstream file(path);
  for (std::string gid; std::getline(file, gid);) {
    const bool known = std::ranges::find(gids, gid) != gids.end();
    if (!gid.empty() && !known) gids.push_back(gid);
  }
  return gids;
}

void ClearCrashNotes(const std::string& path) {
  if (::truncate(path.c_str(), 0) != 0) ::unlink(path.c_str());
}

}  // namespace treaty::daemon
