#include "engine/holders.h"

namespace treaty {
namespace {

constexpr std::size_t kMostWithout = 1'000;

}  // namespace

Holders::Holder& Holders::Add(std::string_view destination, std::size_t bytes) {
  auto found = holders_.find(destination);
  if (found == holders_.end()) {
    found = holders_.try_emplace(std::string(destination)).first;
    found->second.destination = found->first;
  }
  Holder& holder = found->second;
  if (holder.txns++ == 0) ++count_;
  holder.bytes += bytes;
  return holder;
}

void Holders::Remove(Holder& holder, std::size_t bytes) {
  holder.bytes -= bytes;
  if (--holder.txns > 0) return;
  --count_;
  if (holders_.size() - count_ <= kMostWithout) return;
  std::erase_if(holders_, [](const auto& entry) { return entry.second.txns == 0; });
}

}  // namespace treaty
