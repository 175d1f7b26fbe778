#include "runtime/known_names.h"

#include <utility>

namespace treaty {

KnownNames::Known* KnownNames::Find(const std::string& name) {
  const auto found = names_.find(name);
  if (found == names_.end()) return nullptr;
  Known& known = found->second;
  Line& line = LineOf(known);
  line.splice(line.end(), line, known.place);
  return &known;
}

KnownNames::Known& KnownNames::Of(const std::string& name) {
  if (Known* const known = Find(name)) return *known;
  if (names_.size() >= kMost) DropOne();
  const Status none{Code::kUnavailable, "resolve: no answer"};
  const auto made = names_.try_emplace(name, Known{none, {}, {}}).first;
  made->second.place = unresolved_.insert(unresolved_.end(), &made->first);
  return made->second;
}

void KnownNames::MarkResolved(Known& known) {
  if (known.resolved) return;
  resolved_.splice(resolved_.end(), unresolved_, known.place);
  known.resolved = true;
}

void KnownNames::DropOne() {
  const bool of_unresolved = unresolved_.size() >= kKeptForUnresolved || resolved_.empty();
  Line& line = of_unresolved ? unresolved_ : resolved_;
  const std::string name = *line.front();
  line.pop_front();
  names_.erase(name);
}

}  // namespace treaty
