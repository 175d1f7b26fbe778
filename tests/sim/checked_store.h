// The database as one process reaches it: tells the judge of every write, fails by draw, and says
// when a good moment for a crash has come.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/agenda.h"
#include "sim/checker.h"
#include "sim/network.h"
#include "sim/swarm.h"
#include "store/memory/memory_store.h"

namespace treaty::sim {

class CheckedStore final : public Store {
 public:
  struct Ports {
    Agenda* agenda;
    MemoryStore* store;  // The database, which all share.
    Checker* checker;
    Rng* rng;
    Marks* marks;
    Swarm* swarm;
    std::function<void(std::uint64_t, std::uint64_t)> trace;
  };
  // `clock`: the process's own.
  CheckedStore(Ports ports, Caller caller, const Clock& clock)
      : ports_(std::move(ports)), caller_(std::move(caller)), clock_(clock), store_(ports_.store) {}

  treaty::Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override;
  Result<std::optional<StoredTxn>> Load(const std::string& gid) override;
  Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                        std::size_t limit) override {
    if (ReadFails()) return Broken();
    return store_->Look(owner, until, after, limit);
  }
  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit) override {
    if (ReadFails()) return Broken();
    return store_->FindOrphans(owner, after, limit);
  }
  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) override {
    return store_->FindLater(after, limit);
  }
  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) override {
    return store_->CountParked(after, limit);
  }
  Result<ListPage> List(const ListFilter& filter) override { return store_->List(filter); }
  Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) override {
    if (ReadFails()) return Broken();
    return store_->LoadKv(cat, key);
  }
  Result<KvPage> ListKv(const KvFilter& filter) override { return store_->ListKv(filter); }
  Result<std::size_t> Prune(Time before, std::size_t limit) override {
    return store_->Prune(before, limit);
  }
  treaty::Status BeginLease(const LeaseTerms& terms) override;
  treaty::Status RenewLease(const LeaseTerms& terms) override;
  treaty::Status EndLease(const std::string& owner) override;
  Result<std::vector<LeaseRow>> FindLeases() override { return store_->FindLeases(); }
  treaty::Status ReapLease(const LeaseRow& found) override;
  treaty::Status CheckWritable() override { return store_->CheckWritable(); }
  const Clock& clock() const override { return clock_; }

  // Of whom each lease is, for the judge.
  using Holders = std::map<std::string, std::uint32_t>;
  void ShareHolders(Holders& holders) { holders_ = &holders; }

 private:
  CommitFault DrawFault(bool& late);
  bool DrawCrash(CommitFault& fault);
  void MaybeLockARow(std::span<const Write> writes);
  void Tell(std::span<const Write> writes, std::span<const Verdict> verdicts, bool heard);
  void CommitLater(std::span<const Write> writes);
  void CountUnsure(Code code, bool landed, bool crash);
  bool ReadFails();
  bool LeasesAreAway();
  static treaty::Status Broken() { return {Code::kUnavailable, "the read failed"}; }

  const Ports ports_;
  const Caller caller_;
  const Clock& clock_;
  MemoryStore* const store_;
  Holders* holders_ = nullptr;
  Time lease_end_ = kNever;
  bool renewals_arrive_ = false;  // While no answer comes back.
  Time leases_back_ = kNever;     // Until then no renewal gets an answer.
  bool unsure_ = false;           // The commit before had an unknown outcome,
  bool unsure_stored_ = false;    // and was stored.
};

}  // namespace treaty::sim
