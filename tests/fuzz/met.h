// Which limits the inputs have met. The replay of the seeds fails where one of them is never met:
// what seeds do not reach, a minute of fuzzing hardly does.

#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

namespace treaty::fuzz {

class Met {
 public:
  void Expect(std::string_view limit) { met_.emplace(limit, false); }
  // `text` tells, somewhere in it, of the limits that were met.
  void Note(std::string_view text) {
    for (auto& [limit, met] : met_) met = met || text.find(limit) != text.npos;
  }
  bool All() const {
    bool all = true;
    for (const auto& [limit, met] : met_) {
      if (!met) std::printf("not met: %s\n", limit.c_str());
      all = all && met;
    }
    return all;
  }

 private:
  std::map<std::string, bool> met_;
};

}  // namespace treaty::fuzz

// Of a fuzz target that knows what its seeds have to meet.
extern "C" __attribute__((weak)) bool TreatyFuzzMetAll();
