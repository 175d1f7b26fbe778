// Keeps count of what is unfinished, for operators: how much is parked in the store, and how old
// the oldest is. Every period each lane looks through what it has in memory, and the due index
// is walked page by page, without haste; so a scrape costs nothing, however much is parked.

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/lane.h"

namespace treaty {

class Census {
 public:
  // `loop` runs everything here but the reading; it may be a lane's.
  Census(Shared& shared, Loop& loop, const std::vector<std::unique_ptr<Lane>>& lanes);

  void Start();

 private:
  void Take();
  void NextPage();
  void OnPage(const Result<ParkedPage>& page);

  Shared& shared_;
  Loop& loop_;
  const std::vector<std::unique_ptr<Lane>>& lanes_;
  ParkedPage so_far_;  // Of the walk under way.
};

}  // namespace treaty
