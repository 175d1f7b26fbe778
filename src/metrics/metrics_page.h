// The page that /api/metrics answers: everything that is counted anywhere, read just then.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/meters.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/engine.h"
#include "participant/alerts.h"

namespace treaty::metrics {

// Pointers are not owned and outlive the page.
struct Sources {
  std::string version;
  const Engine* engine = nullptr;
  const Clock* clock = nullptr;
  const Log* log = nullptr;
  std::shared_ptr<const api::ApiMeters> api;
  std::function<std::size_t()> connections;
  const AlertMeters* alerts = nullptr;  // Null: none are sent.
};

// Any thread may call.
std::string WritePage(const Sources& sources);

}  // namespace treaty::metrics
