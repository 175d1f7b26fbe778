// Read from /proc, a few small files per scrape; what cannot be read is 0.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "metrics/series.h"

namespace treaty::metrics {
namespace {

double CpuSeconds() {
  timespec spent{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0) return 0;
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double OpenFiles() {
  double count = 0;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  return count > 0 ? count - 1 : 0;  // One was the directory's own.
}

double MostFiles() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double BootSeconds() {
  std::ifstream file("/proc/stat");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

// The 22nd field; the second, the name in brackets, may contain blanks.
double StartSeconds() {
  constexpr int kFieldsAfterName = 20;
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(line.substr(name_end + 1));
  std::string field;
  for (int i = 0; i < kFieldsAfterName; ++i) rest >> field;
  if (field.empty()) return 0;
  return BootSeconds() +
         std::strtod(field.c_str(), nullptr) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

void AddProcessSeries(Exposition& out) {
  static const double start = StartSeconds();
  out.Counter("process_cpu_seconds_total", "User and system time spent.", CpuSeconds());
  out.Gauge("process_resident_memory_bytes", "Memory in use.", ResidentBytes());
  out.Gauge("process_open_fds", "Open file descriptors.", OpenFiles());
  out.Gauge("process_max_fds", "How many may be open.", MostFiles());
  out.Gauge("process_start_time_seconds", "When the process started, in Unix time.", start);
}

}  // namespace treaty::metrics
