#include "runtime/lookup_line.h"

#include <utility>

namespace treaty {

void LookupLine::Add(const std::string& name, Standing standing) {
  std::list<std::string>& line = lines_[static_cast<std::size_t>(standing)];
  Place& place = places_[name];
  place.standing = standing;
  place.in_line = line.insert(line.end(), name);
}

bool LookupLine::HasRoom(Standing standing) const {
  const auto [known, fresh, lapsed, never] = running_;
  const std::size_t failed = lapsed + never;
  const std::size_t others = fresh + failed + (late_ > kMostLate ? late_ - kMostLate : 0);
  if (known + others >= kMostLookups + kKeptForKnown) return false;
  if (standing == Standing::kKnown) return true;
  return others < kMostLookups && (standing == Standing::kNew || failed < kMostOfFailed);
}

std::optional<std::string> LookupLine::Next() {
  for (const Standing standing :
       {Standing::kKnown, Standing::kNew, Standing::kLapsed, Standing::kFailed}) {
    std::list<std::string>& line = lines_[static_cast<std::size_t>(standing)];
    const bool kept = standing == Standing::kLapsed && kept_ < kKeptForLapsed;
    if (line.empty() || (!kept && !HasRoom(standing))) continue;
    std::string name = std::move(line.front());
    line.pop_front();
    Place& place = places_[name];
    place.begun = true;
    place.kept = kept;
    ++(kept ? kept_ : Running(standing));
    return name;
  }
  return std::nullopt;
}

void LookupLine::MakeLate(const std::string& name) {
  Place& place = places_.at(name);
  if (std::exchange(place.late, true) || place.kept) return;
  --Running(place.standing);
  ++late_;
}

void LookupLine::Remove(const std::string& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return;
  const Place& place = found->second;
  if (!place.begun) {
    lines_[static_cast<std::size_t>(place.standing)].erase(place.in_line);
  } else if (place.kept) {
    --kept_;
  } else {
    --(place.late ? late_ : Running(place.standing));
  }
  places_.erase(found);
}

}  // namespace treaty
