#include "engine/patience.h"

#include <chrono>
#include <utility>

namespace treaty {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(250);

}  // namespace

std::function<bool()> Patience::Await(Duration within, std::function<void()> late) {
  auto wait = std::make_shared<Wait>();
  wait->until = clock_.Now() + within;
  wait->late = std::move(late);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(wait);
    if (waiting_.size() == 1) {
      loop_.Post([this] { loop_.After(kLook, [this] { Look(); }); });
    }
  }
  return [wait = std::move(wait)] { return !wait->answered.exchange(true); };
}

void Patience::Look() {
  const Time now = clock_.Now();
  std::vector<std::shared_ptr<Wait>> late;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](const auto& wait) {
      if (wait->answered) return true;
      if (now < wait->until) return false;
      late.push_back(wait);
      return true;
    });
    if (!waiting_.empty()) loop_.After(kLook, [this] { Look(); });
  }
  for (const auto& wait : late) {
    if (!wait->answered.exchange(true)) wait->late();
  }
}

}  // namespace treaty
