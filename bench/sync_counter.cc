// A library to preload into a coordinator: counts its fsync and fdatasync calls and their time,
// in a file that others map. With the embedded store one sync of the log is one commit.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

// The layout is read by bench/rig.py.
struct Counters {
  std::atomic<std::uint64_t> log_syncs;
  std::atomic<std::uint64_t> other_syncs;
  std::atomic<std::uint64_t> log_ns;
  std::atomic<std::uint64_t> other_ns;
};

Counters* Map() {
  static Counters unused;
  const char* const path = std::getenv("TREATY_BENCH_SYNCS");
  if (path == nullptr) return &unused;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return &unused;
  void* const mapped = ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  return mapped == MAP_FAILED ? &unused : static_cast<Counters*>(mapped);
}

Counters& Shared() {
  static Counters* const counters = Map();
  return *counters;
}

bool IsLog(int fd) {
  char path[4'096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size > 0 && std::string_view(path, static_cast<std::size_t>(size)).ends_with("-wal");
}

int Counted(int fd, const char* name) {
  using Sync = int (*)(int);
  const auto real = reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name));
  const auto start = std::chrono::steady_clock::now();
  const int result = real(fd);
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now() - start);
  const auto ns = static_cast<std::uint64_t>(took.count());
  const bool log = IsLog(fd);
  (log ? Shared().log_syncs : Shared().other_syncs).fetch_add(1);
  (log ? Shared().log_ns : Shared().other_ns).fetch_add(ns);
  return result;
}

}  // namespace

extern "C" int fdatasync(int fd) { return Counted(fd, "fdatasync"); }
extern "C" int fsync(int fd) { return Counted(fd, "fsync"); }
