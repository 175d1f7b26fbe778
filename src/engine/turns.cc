#include "engine/turns.h"

#include <utility>

namespace treaty {

Turns::Place Turns::Take(const std::string& gid) {
  const std::lock_guard lock(mutex_);
  ++waiting_;
  std::list<Request>& line = lines_[gid];
  return line.insert(line.end(), Request());
}

void Turns::Fill(const std::string& gid, Place place, Request request) {
  const std::lock_guard lock(mutex_);
  *place = std::move(request);
  Advance(gid, lines_.at(gid));
}

void Turns::Run(const std::string& gid, Request request) {
  const std::lock_guard lock(mutex_);
  const auto line = lines_.find(gid);
  if (line == lines_.end()) return request();
  ++waiting_;
  line->second.push_back(std::move(request));
}

void Turns::Advance(const std::string& gid, std::list<Request>& line) {
  while (!line.empty() && line.front()) {
    line.front()();
    line.pop_front();
    --waiting_;
  }
  if (line.empty()) lines_.erase(gid);
}

}  // namespace treaty
