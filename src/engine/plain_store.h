// The store as requests see it: what a database says when it fails goes into the log, with host,
// code and text, and no further. What goes on says what a client can do.

#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "store/store.h"

namespace treaty {

// Passes everything on. Safe for any thread where the store is.
class PlainStore final : public Store {
 public:
  // How long the same trouble is not logged again.
  static constexpr Duration kQuiet = std::chrono::seconds(10);

  // Neither is owned; both outlive it.
  PlainStore(Store& store, Log& log) : store_(store), log_(log) {}

  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override;
  Result<std::optional<StoredTxn>> Load(const std::string& gid) override;
  std::vector<Result<std::optional<StoredTxn>>> LoadMany(
      std::span<const std::string> gids) override;
  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) override;
  Result<ListPage> List(const ListFilter& filter) override;
  Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) override;
  Result<KvPage> ListKv(const KvFilter& filter) override;
  Status CheckWritable() override;

  // Of these no client hears: whoever calls them logs the store's own words.
  Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                        std::size_t limit) override {
    return store_.Look(owner, until, after, limit);
  }
  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit) override {
    return store_.FindOrphans(owner, after, limit);
  }
  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) override {
    return store_.CountParked(after, limit);
  }
  Result<std::size_t> Prune(Time before, std::size_t limit) override {
    return store_.Prune(before, limit);
  }
  Status BeginLease(const LeaseTerms& terms) override { return store_.BeginLease(terms); }
  Status RenewLease(const LeaseTerms& terms) override { return store_.RenewLease(terms); }
  Status EndLease(const std::string& owner) override { return store_.EndLease(owner); }
  Result<std::vector<LeaseRow>> FindLeases() override { return store_.FindLeases(); }
  Status ReapLease(const LeaseRow& found) override { return store_.ReapLease(found); }
  const Clock& clock() const override { return store_.clock(); }

 private:
  Result<std::optional<StoredTxn>> Plain(const std::string& gid,
                                         Result<std::optional<StoredTxn>> found);
  Status Told(const Status& trouble, const std::string& gid, const std::string& text);
  bool IsNew(const std::string& line);

  Store& store_;
  Log& log_;
  std::mutex mutex_;  // Guards what was logged last.
  std::string logged_;
  Time logged_at_ = kNever;
};

}  // namespace treaty
