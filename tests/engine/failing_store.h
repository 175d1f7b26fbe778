// A store that fails with given words, as a database would, once it is told to.

#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/store.h"

namespace treaty::testing {

class FailingStore final : public Store {
 public:
  explicit FailingStore(Store& store) : store_(store) {}

  // From now on every call but those about leases fails so; Status() ends that.
  void FailWith(Status trouble) {
    const std::lock_guard lock(mutex_);
    trouble_ = std::move(trouble);
  }

  // The same for the readings of single records alone.
  void FailLoadsWith(Status trouble) {
    const std::lock_guard lock(mutex_);
    load_trouble_ = std::move(trouble);
  }

  // How many records were asked for.
  std::size_t loads() const {
    const std::lock_guard lock(mutex_);
    return loads_;
  }

  // How many were asked for together, each time.
  std::vector<std::size_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.Commit(writes, verdicts);
  }
  Result<std::optional<StoredTxn>> Load(const std::string& gid) override {
    if (Status status = Trouble(); !status.ok()) return status;
    {
      const std::lock_guard lock(mutex_);
      ++loads_;
      if (!load_trouble_.ok()) return load_trouble_;
    }
    return store_.Load(gid);
  }
  std::vector<Result<std::optional<StoredTxn>>> LoadMany(
      std::span<const std::string> gids) override {
    {
      const std::lock_guard lock(mutex_);
      batches_.push_back(gids.size());
    }
    return Store::LoadMany(gids);  // By Load, one by one.
  }
  Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                        std::size_t limit) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.Look(owner, until, after, limit);
  }
  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.FindOrphans(owner, after, limit);
  }
  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.FindLater(after, limit);
  }
  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.CountParked(after, limit);
  }
  Result<ListPage> List(const ListFilter& filter) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.List(filter);
  }
  Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.LoadKv(cat, key);
  }
  Result<KvPage> ListKv(const KvFilter& filter) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.ListKv(filter);
  }
  Result<std::size_t> Prune(Time before, std::size_t limit) override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.Prune(before, limit);
  }
  Status CheckWritable() override {
    if (Status status = Trouble(); !status.ok()) return status;
    return store_.CheckWritable();
  }
  Status BeginLease(const LeaseTerms& terms) override { return store_.BeginLease(terms); }
  Status RenewLease(const LeaseTerms& terms) override { return store_.RenewLease(terms); }
  Status EndLease(const std::string& owner) override { return store_.EndLease(owner); }
  Result<std::vector<LeaseRow>> FindLeases() override { return store_.FindLeases(); }
  Status ReapLease(const LeaseRow& found) override { return store_.ReapLease(found); }
  const Clock& clock() const override { return store_.clock(); }

 private:
  Status Trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

  Store& store_;
  mutable std::mutex mutex_;
  Status trouble_;
  Status load_trouble_;
  std::size_t loads_ = 0;
  std::vector<std::size_t> batches_;
};

}  // namespace treaty::testing
