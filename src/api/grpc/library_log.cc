#include "api/grpc/library_log.h"

#include <grpc/support/log.h>

#include <mutex>
#include <string>

namespace treaty::api {
namespace {

std::mutex mutex;
Log* target = nullptr;  // Guarded by the mutex, also while it is written to.

void Write(gpr_log_func_args* line) {
  const std::lock_guard lock(mutex);
  if (target == nullptr || !target->Enabled(LogLevel::kDebug)) return;
  target->Write(LogLevel::kDebug, "", "gRPC library: " + std::string(line->message));
}

void SetTarget(Log* log) {
  const std::lock_guard lock(mutex);
  target = log;
}

}  // namespace

// The function stays: before and after, lines go nowhere.
LibraryLog::LibraryLog(Log& log) {
  SetTarget(&log);
  gpr_set_log_function(Write);
}

LibraryLog::~LibraryLog() { SetTarget(nullptr); }

}  // namespace treaty::api
