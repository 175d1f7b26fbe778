// The memory store: one map of records, and an ordered set per question that is asked of it.

#include "store/memory/memory_store.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "store/legal_move.h"
#include "store/list_position.h"
#include "store/memory/kv_map.h"

namespace treaty {
namespace {

// The string views point at the keys of the map of records, which stay where they are.
using TimeIndex = std::set<std::pair<Time, std::string_view>>;

bool IsDue(const StoredTxn& record) { return !record.txn.IsFinished() && record.wake != kNever; }
bool IsParked(const StoredTxn& record) { return !record.txn.IsFinished() && record.owner.empty(); }
bool IsOwned(const StoredTxn& record) { return !record.txn.IsFinished() && !record.owner.empty(); }

bool Matches(const StoredTxn& record, const ListFilter& filter) {
  const Txn& txn = record.txn;
  return (!filter.status || txn.status == *filter.status) &&
         (!filter.model || txn.body->model == *filter.model) &&
         (filter.created_from == kNever || txn.created >= filter.created_from) &&
         (filter.created_to == kNever || txn.created <= filter.created_to);
}

// A database does not read the body for a list, so this store does not show it either.
StoredTxn WithoutBody(const StoredTxn& record) {
  StoredTxn listed = record;
  auto body = std::make_shared<Body>();
  body->gid = record.txn.gid();
  body->model = record.txn.body->model;
  body->protocol = record.txn.body->protocol;
  body->query_prepared = record.txn.body->query_prepared;
  listed.txn.body = std::move(body);
  listed.txn.registered.clear();
  return listed;
}

class MapStore final : public MemoryStore {
 public:
  explicit MapStore(const Clock& clock) : clock_(clock) {}

  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override {
    TREATY_CHECK(writes.size() == verdicts.size());
    const std::lock_guard lock(mutex_);
    const CommitFault fault = std::exchange(fault_, CommitFault::kNone);
    if (fault == CommitFault::kRefused) return {Code::kUnavailable, "the commit was refused"};
    if (fault == CommitFault::kLostRequest) return {Code::kUnknown, "no answer to the commit"};
    if (Status status = Spoiled(writes); !status.ok()) return status;
    for (std::size_t i = 0; i < writes.size(); ++i) verdicts[i] = Apply(writes[i]);
    if (fault == CommitFault::kLostAnswer) return {Code::kUnknown, "no answer to the commit"};
    return {};
  }

  Result<std::optional<StoredTxn>> Load(const std::string& gid) override {
    const std::lock_guard lock(mutex_);
    if (LoadFails()) return Status{Code::kUnavailable, "the read failed"};
    const auto found = records_.find(gid);
    if (found == records_.end()) return std::optional<StoredTxn>();
    return std::optional<StoredTxn>(found->second);
  }

  Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                        std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    Findings found;
    for (auto at = due_.upper_bound({after.wake, after.gid});
         at != due_.end() && at->first <= until && found.due.size() < limit; ++at) {
      const std::string gid(at->second);
      const std::string& its = records_.at(gid).owner;
      if (its.empty() || its == owner) found.due.push_back({at->first, gid, its});
    }
    found.leases = Leases();
    const auto orphaned = [&](std::string_view gid) { return IsOrphan(gid, owner); };
    found.orphans = !leases_.empty() && std::ranges::any_of(owned_, orphaned);
    return found;
  }

  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<DueKey> found;
    for (auto at = owned_.upper_bound(after.gid); at != owned_.end() && found.size() < limit;
         ++at) {
      if (!IsOrphan(*at, owner)) continue;
      const StoredTxn& record = records_.at(std::string(*at));
      found.push_back({record.wake, std::string(*at), record.owner});
    }
    return found;
  }

  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<DueKey> found;
    for (auto at = due_.upper_bound({after.wake, after.gid});
         at != due_.end() && found.size() < limit; ++at) {
      found.push_back({at->first, std::string(at->second)});
    }
    return found;
  }

  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    ParkedPage page;
    for (auto at = parked_.upper_bound({after.wake, after.gid});
         at != parked_.end() && page.count < limit; ++at) {
      page.last = {at->first, std::string(at->second)};
      const Time created = records_.at(page.last.gid).txn.created;
      page.oldest = page.count == 0 ? created : std::min(page.oldest, created);
      ++page.count;
    }
    return page;
  }

  Result<ListPage> List(const ListFilter& filter) override {
    const std::lock_guard lock(mutex_);
    if (!filter.gid.empty()) return ListOne(filter.gid);
    auto end = listed_.end();
    if (!filter.position.empty()) {
      const Result<ListPosition> position = ParsePosition(filter.position);
      if (!position.ok()) return position.status();
      end = listed_.lower_bound({position->created, position->gid});
    }
    return PageBefore(end, filter);
  }

  Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    if (LoadFails()) return Status{Code::kUnavailable, "the read failed"};
    return kv_.Load(cat, key);
  }

  Result<KvPage> ListKv(const KvFilter& filter) override {
    const std::lock_guard lock(mutex_);
    return kv_.List(filter);
  }

  Result<std::size_t> Prune(Time before, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::size_t pruned = 0;
    while (pruned < limit && !finished_.empty() && finished_.begin()->first < before) {
      const auto found = records_.find(std::string(finished_.begin()->second));
      Unindex(found->first, found->second);
      listed_.erase({found->second.txn.created, found->first});
      records_.erase(found);
      ++pruned;
    }
    return pruned;
  }

  Status BeginLease(const LeaseTerms& terms) override {
    const std::lock_guard lock(mutex_);
    if (LeaseFails()) return NoAnswer();
    const auto other = std::ranges::find_if(leases_, [&](const auto& entry) {
      return entry.second.instance == terms.instance && entry.first != terms.owner;
    });
    if (other != leases_.end()) return {Code::kAlreadyExists, other->first + " has the lease"};
    leases_[terms.owner] = {terms.owner, terms.instance, 0, clock_.Now()};
    return {};
  }

  Status RenewLease(const LeaseTerms& terms) override {
    const std::lock_guard lock(mutex_);
    if (LeaseFails()) return NoAnswer();
    const auto found = leases_.find(terms.owner);
    if (found == leases_.end()) return {Code::kFailedPrecondition, "the lease was reaped"};
    ++found->second.renewals;
    found->second.renewed = clock_.Now();
    return {};
  }

  Status EndLease(const std::string& owner) override {
    const std::lock_guard lock(mutex_);
    leases_.erase(owner);
    return {};
  }

  Result<std::vector<LeaseRow>> FindLeases() override {
    const std::lock_guard lock(mutex_);
    if (LeaseFails()) return NoAnswer();
    return Leases();
  }

  Status ReapLease(const LeaseRow& found) override {
    const std::lock_guard lock(mutex_);
    if (LeaseFails()) return NoAnswer();
    const auto at = leases_.find(found.owner);
    const bool as_found = at != leases_.end() && at->second.renewals == found.renewals;
    if (!as_found) return {Code::kFailedPrecondition, "the lease is not as it was found"};
    leases_.erase(at);
    return {};
  }

  Status CheckWritable() override { return {}; }
  const Clock& clock() const override { return clock_; }

  void InjectFault(CommitFault fault) override {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
  }

  void FailWritesOf(const std::string& name, Status status) override {
    const std::lock_guard lock(mutex_);
    spoiled_.erase(name);
    if (!status.ok()) spoiled_.emplace(name, std::move(status));
  }

  void FailLeases(int count) override {
    const std::lock_guard lock(mutex_);
    failing_leases_ = count;
  }

  void FailLoads(int count) override {
    const std::lock_guard lock(mutex_);
    failing_loads_ = count;
  }

  std::size_t size() const override {
    const std::lock_guard lock(mutex_);
    return records_.size();
  }

 private:
  using Records = std::unordered_map<std::string, StoredTxn>;

  static Status NoAnswer() { return {Code::kUnavailable, "the store does not answer"}; }

  std::vector<LeaseRow> Leases() const {
    std::vector<LeaseRow> rows;
    for (const auto& [owner, row] : leases_) rows.push_back(row);
    return rows;
  }

  // Of one that has an owner.
  bool IsOrphan(std::string_view gid, const std::string& looker) const {
    const std::string& owner = records_.at(std::string(gid)).owner;
    return owner != looker && !leases_.contains(owner);
  }

  // Why nothing of these can be stored.
  Status Spoiled(std::span<const Write> writes) const {
    if (spoiled_.empty()) return {};
    if (const auto all = spoiled_.find(""); all != spoiled_.end()) return all->second;
    for (const Write& write : writes) {
      const auto found = spoiled_.find(write.edit != nullptr ? write.edit->key : write.txn->gid());
      if (found != spoiled_.end()) return found->second;
    }
    return {};
  }

  bool LeaseFails() {
    if (failing_leases_ == 0) return false;
    --failing_leases_;
    return true;
  }

  bool LoadFails() {
    if (failing_loads_ == 0) return false;
    --failing_loads_;
    return true;
  }

  Verdict Apply(const Write& write) {
    if (write.kind == Write::Kind::kEdit) return kv_.Apply(*write.edit, write.write_id);
    return write.kind == Write::Kind::kInsert ? Insert(write) : Update(write);
  }

  Verdict Insert(const Write& write) {
    const auto [at, inserted] = records_.try_emplace(write.txn->gid());
    StoredTxn& record = at->second;
    if (!inserted) {
      return record.write_id == write.write_id ? Verdict::kStored : Verdict::kExists;
    }
    record.txn.body = write.txn->body;
    record.txn.terms = write.txn->terms;
    Assign(record, write);
    listed_.emplace(record.txn.created, at->first);
    Index(at->first, record);
    return Verdict::kStored;
  }

  Verdict Update(const Write& write) {
    const auto at = records_.find(write.txn->gid());
    if (at == records_.end()) return Verdict::kStale;
    StoredTxn& record = at->second;
    if (record.write_id == write.write_id) return Verdict::kStored;
    if (record.txn.version + 1 != write.txn->version) return Verdict::kStale;
    if (!Contains(LegalPredecessors(*write.txn), record.txn.status)) return Verdict::kIllegal;
    Unindex(at->first, record);
    if (write.terms_changed) record.txn.terms = write.txn->terms;
    Assign(record, write);
    Index(at->first, record);
    return Verdict::kStored;
  }

  // Everything but the body, the terms and what only a process knows; of the registered branches
  // what is new, as a database has it.
  static void Assign(StoredTxn& record, const Write& write) {
    const Time created = record.txn.version == 0 ? write.txn->created : record.txn.created;
    auto body = std::move(record.txn.body);
    auto terms = std::move(record.txn.terms);
    auto registered = std::move(record.txn.registered);
    const auto& all = write.txn->registered;
    const std::size_t added = std::min(write.added, all.size());
    registered.insert(registered.end(), all.end() - static_cast<std::ptrdiff_t>(added), all.end());
    record.txn = *write.txn;
    record.txn.body = std::move(body);
    record.txn.terms = std::move(terms);
    record.txn.registered = std::move(registered);
    record.txn.created = created;
    record.txn.live = Live();
    record.write_id = write.write_id;
    record.owner = write.owner;
    record.wake = write.wake;
  }

  void Index(std::string_view gid, const StoredTxn& record) {
    if (IsDue(record)) due_.emplace(record.wake, gid);
    if (IsOwned(record)) owned_.insert(gid);
    if (IsParked(record)) parked_.emplace(record.wake, gid);
    if (record.txn.IsFinished()) finished_.emplace(record.txn.finished, gid);
  }

  void Unindex(std::string_view gid, const StoredTxn& record) {
    if (IsDue(record)) due_.erase({record.wake, gid});
    if (IsOwned(record)) owned_.erase(gid);
    if (IsParked(record)) parked_.erase({record.wake, gid});
    if (record.txn.IsFinished()) finished_.erase({record.txn.finished, gid});
  }

  ListPage ListOne(const std::string& gid) const {
    ListPage page;
    const auto found = records_.find(gid);
    if (found != records_.end()) page.txns.push_back(WithoutBody(found->second));
    return page;
  }

  ListPage PageBefore(TimeIndex::const_iterator at, const ListFilter& filter) const {
    ListPager pager(filter.limit);
    while (at != listed_.begin()) {
      --at;
      const StoredTxn& record = records_.at(std::string(at->second));
      if (!Matches(record, filter)) continue;
      if (!pager.Add(pager.IsFull() ? StoredTxn() : WithoutBody(record))) break;
    }
    return pager.Take();
  }

  const Clock& clock_;

  mutable std::mutex mutex_;  // Guards everything below.
  CommitFault fault_ = CommitFault::kNone;
  int failing_loads_ = 0;
  int failing_leases_ = 0;
  std::map<std::string, Status> spoiled_;
  std::map<std::string, LeaseRow> leases_;  // By owner.
  Records records_;
  KvMap kv_;
  TimeIndex listed_;                  // All, by created.
  TimeIndex due_;                     // Unfinished ones with a wake time.
  TimeIndex parked_;                  // Unfinished ones without an owner.
  TimeIndex finished_;                // Finished ones, by when.
  std::set<std::string_view> owned_;  // Unfinished ones with an owner.
};

}  // namespace

std::unique_ptr<MemoryStore> MakeMemoryStore(const Clock& clock) {
  return std::make_unique<MapStore>(clock);
}

}  // namespace treaty
