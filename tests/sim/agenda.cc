#include "sim/agenda.h"

namespace treaty::sim {

TimerId Agenda::Add(Time at, Side side, std::function<void()> task) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.task = std::move(task);
  slot.side = side;
  heap_.push_back({std::max(at, now_), ++order_, index, slot.generation});
  std::push_heap(heap_.begin(), heap_.end());
  return (TimerId{slot.generation} << 32) | index;
}

void Agenda::Free(std::uint32_t index) {
  ++slots_[index].generation;
  slots_[index].task = nullptr;
  free_.push_back(index);
}

void Agenda::Cancel(TimerId timer) {
  const auto index = static_cast<std::uint32_t>(timer);
  if (timer == kNoTimer || index >= slots_.size()) return;
  if (slots_[index].generation == timer >> 32) Free(index);
}

void Agenda::Drop(Side side) {
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].task && slots_[i].side == side) Free(i);
  }
}

bool Agenda::Step() {
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end());
    Item item = heap_.back();
    heap_.pop_back();
    if (slots_[item.slot].generation != item.generation) continue;
    const Time until = frozen_until_[static_cast<std::size_t>(slots_[item.slot].side)];
    if (item.at < until) {
      item.at = until;
      heap_.push_back(item);
      std::push_heap(heap_.begin(), heap_.end());
      continue;
    }
    now_ = item.at;
    ++steps_;
    const auto task = std::move(slots_[item.slot].task);
    Free(item.slot);
    task();
    return true;
  }
  return false;
}

}  // namespace treaty::sim
