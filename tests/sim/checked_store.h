// The memory store under observation: tells the judge of every write, fails by draw, and says
// when a good moment for a crash has come.

#pragma once

#include <functional>
#include <memory>

#include "sim/checker.h"
#include "sim/swarm.h"
#include "store/memory/memory_store.h"

namespace treaty::sim {

class CheckedStore final : public Store {
 public:
  struct Ports {
    const Clock* clock;
    Checker* checker;
    Rng* rng;
    Marks* marks;
    Swarm* swarm;
    std::function<void(Mark)> crash;  // Asks for a crash at the end of the present event.
    std::function<void(std::uint64_t, std::uint64_t)> trace;
  };
  explicit CheckedStore(Ports ports)
      : ports_(std::move(ports)), store_(MakeMemoryStore(*ports_.clock)) {}

  treaty::Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override;
  Result<std::optional<StoredTxn>> Load(const std::string& gid) override;
  Result<std::vector<DueKey>> FindDue(Time until, const DueKey& after, std::size_t limit) override {
    if (ReadFails()) return Broken();
    return store_->FindDue(until, after, limit);
  }
  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const std::string& after,
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
  treaty::Status CheckWritable() override { return store_->CheckWritable(); }
  const Clock& clock() const override { return *ports_.clock; }

 private:
  CommitFault DrawFault();
  bool DrawCrash(CommitFault& fault);
  void Tell(std::span<const Write> writes, std::span<const Verdict> verdicts);
  void CountUnsure(Code code, bool landed, bool crash);
  bool ReadFails();
  bool LeasesAreAway();
  void TakeLeaseAway();
  static treaty::Status Broken() { return {Code::kUnavailable, "the read failed"}; }

  Ports ports_;
  std::unique_ptr<MemoryStore> store_;
  Time lease_end_ = kNever;
  bool renewals_arrive_ = false;  // While no answer comes back.
  Time leases_back_ = kNever;     // Until then no renewal gets an answer.
  bool unsure_ = false;           // The commit before had an unknown outcome,
  bool unsure_stored_ = false;    // and was stored.
};

}  // namespace treaty::sim
