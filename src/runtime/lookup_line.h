// Which name is looked up next. Only so many look-ups run at a time, and any of them may hang:
// those that do, and those that failed before, leave room for the others.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace treaty {

class LookupLine {
 public:
  enum class Standing : std::uint8_t {
    kKnown,  // It has been resolved, and not failed since.
    kNew,
    kLapsed,  // It has been resolved, and failed since.
    kFailed,  // It has never been resolved.
  };

  // Look-ups at a time:
  static constexpr std::size_t kMostLookups = 16;   // of all names but the known ones,
  static constexpr std::size_t kMostOfFailed = 8;   // of those that failed, among them,
  static constexpr std::size_t kKeptForKnown = 4;   // and so many more of known ones
  static constexpr std::size_t kKeptForLapsed = 4;  // and of lapsed ones, late or not.
  // Other late ones do not count, up to so many.
  static constexpr std::size_t kMostLate = 32;
  static constexpr std::size_t kMostThreads =
      kMostLookups + kKeptForKnown + kKeptForLapsed + kMostLate;

  // A name that does not stand here. It waits.
  void Add(const std::string& name, Standing standing);

  // The name whose look-up is to begin; null: none, or no room.
  std::optional<std::string> Next();

  bool IsUnderWay(const std::string& name) const { return places_.at(name).begun; }

  // Its look-up, which is under way, takes too long.
  void MakeLate(const std::string& name);

  // Nobody waits for it any more, or its look-up has ended.
  void Remove(const std::string& name);

 private:
  static constexpr std::size_t kStandings = 4;
  struct Place {
    Standing standing = Standing::kNew;
    bool begun = false;
    bool late = false;
    bool kept = false;                         // It has begun in the room of lapsed ones.
    std::list<std::string>::iterator in_line;  // Until it has begun.
  };

  bool HasRoom(Standing standing) const;
  std::size_t& Running(Standing standing) { return running_[static_cast<std::size_t>(standing)]; }

  std::unordered_map<std::string, Place> places_;
  std::array<std::list<std::string>, kStandings> lines_;
  std::array<std::size_t, kStandings> running_{};  // Late ones not counted in.
  std::size_t late_ = 0;  // The same holds for those in the room of lapsed ones.
  std::size_t kept_ = 0;  // Those.
};

}  // namespace treaty
