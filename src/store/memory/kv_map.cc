#include "store/memory/kv_map.h"

#include <algorithm>

#include "store/kv_position.h"

namespace treaty {

Verdict KvMap::Apply(const KvEdit& edit, std::uint64_t write_id) {
  const auto found = ids_.find({edit.cat, edit.key});
  if (found == ids_.end()) {
    if (!edit.value) return Verdict::kStored;
    return edit.replaces ? Verdict::kStale : Insert(edit, write_id);
  }
  KvEntry& entry = entries_.at(found->second);
  if (entry.write_id == write_id) return Verdict::kStored;
  if (edit.replaces != entry.write_id) return Verdict::kStale;
  if (edit.value) {
    entry.value = *edit.value;
    entry.version = edit.version;
    entry.write_id = write_id;
    entry.updated = edit.now;
  } else {
    entries_.erase(found->second);
    ids_.erase(found);
  }
  return Verdict::kStored;
}

Verdict KvMap::Insert(const KvEdit& edit, std::uint64_t write_id) {
  const auto of_cat = [&](const auto& entry) { return entry.second.cat == edit.cat; };
  if (static_cast<std::size_t>(std::ranges::count_if(entries_, of_cat)) >= edit.most) {
    return Verdict::kFull;
  }
  const std::int64_t id = ++last_id_;
  ids_[{edit.cat, edit.key}] = id;
  entries_[id] = {id, edit.cat, edit.key, *edit.value, edit.version, write_id, edit.now, edit.now};
  return Verdict::kStored;
}

std::optional<KvEntry> KvMap::Load(const std::string& cat, const std::string& key) const {
  const auto found = ids_.find({cat, key});
  if (found == ids_.end()) return std::nullopt;
  return entries_.at(found->second);
}

Result<KvPage> KvMap::List(const KvFilter& filter) const {
  const Result<std::int64_t> before = ParseKvPosition(filter.position);
  if (!before.ok()) return before.status();
  KvPager pager(filter.limit);
  for (auto at = entries_.lower_bound(*before); at != entries_.begin();) {
    --at;
    const KvEntry& entry = at->second;
    const bool asked = (filter.cat.empty() || filter.cat == entry.cat) &&
                       (filter.key.empty() || filter.key == entry.key);
    if (asked && !pager.Add(entry)) break;
  }
  return pager.Take();
}

}  // namespace treaty
