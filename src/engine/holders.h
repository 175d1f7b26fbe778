// Who has how much of a lane's memory: transactions by the destination that they wait for; and who
// has answered lately.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace treaty {

class Holders {
 public:
  struct Holder {
    std::string_view destination;
    std::size_t txns = 0;
    std::size_t bytes = 0;

    // Definite answers, of the period that begins then and of the one before.
    Time period = kNever;
    std::size_t answers = 0;
    std::size_t answers_before = 0;
  };

  // Those that have any.
  std::size_t count() const { return count_; }

  // Null: it has none, or is not known.
  const Holder* Find(std::string_view destination) const {
    const auto found = holders_.find(destination);
    return found == holders_.end() ? nullptr : &found->second;
  }

  // One more transaction. The holder stays where it is for as long as it has any.
  Holder& Add(std::string_view destination, std::size_t bytes);
  void Remove(Holder& holder, std::size_t bytes, Time now);

  // It has said yes or no.
  static void Answered(Holder& holder, Time now);

  // Whether it has answered lately, and so much that what waits for it will soon be done: as many
  // times within ten to twenty seconds as it has transactions, but for a few to begin with.
  static bool IsQuick(const Holder& holder, Time now);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  // Those without any are kept for a while: most come back.
  std::unordered_map<std::string, Holder, Hash, std::equal_to<>> holders_;
  std::size_t count_ = 0;
};

}  // namespace treaty
