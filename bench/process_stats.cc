// Reads /proc.

#include "process_stats.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace treaty::bench {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Returns the number after "key" at the start of a line; 0 if there is none.
std::uint64_t Field(const std::string& text, const std::string& key) {
  std::size_t at = text.starts_with(key) ? 0 : text.find("\n" + key);
  if (at == std::string::npos) return 0;
  at = text.find_first_of("0123456789", at + key.size());
  return at == std::string::npos ? 0 : std::stoull(text.substr(at));
}

void ReadCpu(const std::string& stat, ProcessStats& out) {
  // The name, in parentheses, may contain anything; the fields are counted after it.
  constexpr int kBeforeUser = 11;
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < kBeforeUser; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.user_s = user / ticks;
  out.cpu_s = (user + system) / ticks;
  out.ok = true;
}

}  // namespace

ProcessStats ReadProcessStats(int pid) {
  constexpr std::uint64_t kKiB = 1'024;
  const std::string folder = "/proc/" + std::to_string(pid);
  ProcessStats out;
  ReadCpu(Slurp(folder + "/stat"), out);
  const std::string status = Slurp(folder + "/status");
  out.rss_bytes = Field(status, "VmRSS:") * kKiB;
  out.peak_rss_bytes = Field(status, "VmHWM:") * kKiB;
  const std::string io = Slurp(folder + "/io");
  out.written_bytes = Field(io, "write_bytes:");
  out.write_calls = Field(io, "syscw:");
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(folder + "/task", error)) {
    const std::string of_task = Slurp(task.path().string() + "/status");
    out.context_switches +=
        Field(of_task, "voluntary_ctxt_switches:") + Field(of_task, "nonvoluntary_ctxt_switches:");
  }
  return out;
}

}  // namespace treaty::bench
