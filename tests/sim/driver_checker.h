// The judge of who drives (reliability G6): calls are made by the owner alone, by nobody after a
// refused write before the record was read again, and the owner is one who may be.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "store/store.h"

namespace treaty::sim {

class DriverChecker {
 public:
  using FailFn = std::function<void(const std::string& gid, std::string what)>;
  explicit DriverChecker(FailFn fail) : fail_(std::move(fail)) {}

  // Without leases nobody else is there, and a record may say that a former process drives it.
  void SetLeased(bool leased) { leased_ = leased; }

  void OnStart(std::uint32_t process, const std::string& owner) {
    owners_[process] = owner;
    living_.insert(owner);
  }
  void OnEnd(std::uint32_t process) { living_.erase(owners_[process]); }
  void OnStopped(std::uint32_t process) { in_order_.insert(owners_[process]); }

  // Whether a write takes a record from one who has ended without a word, or is taken for ended.
  bool EndsACrash(std::uint32_t process, const std::string& owner, const Write& write) {
    const bool of_another = !owner.empty() && owner != owners_[process] && write.owner != owner;
    const bool by_bystander = leased_ && write.txn->IsFinished();
    return of_another && !by_bystander && !in_order_.contains(owner);
  }

  // L2: everybody lives and has been left alone for ten seconds.
  void CheckTakenOver() const {
    for (const auto& [gid, record] : records_) {
      const bool taken = record.finished || record.owner.empty() || living_.contains(record.owner);
      if (leased_ && !taken) fail_(gid, "L2: not taken over in time from " + record.owner);
    }
  }

  // Of a write that has landed, now or before.
  void OnStored(std::uint32_t process, const Write& write) {
    Record& record = records_[write.txn->gid()];
    if (write.txn->version <= record.version) return;
    record.version = write.txn->version;
    const bool finished = record.finished = write.txn->IsFinished();
    if (!finished) CheckOwner(process, record, write);
    if (!finished) record.owner = write.owner;
    const bool by_owner = record.owner.empty() || record.owner == owners_[process];
    record.unaware = by_owner ? "" : record.owner;
  }

  // The process hears that its write was refused; and it has read the record again.
  void OnRefused(std::uint32_t process, const std::string& gid) { refused_.insert({process, gid}); }
  void OnRead(std::uint32_t process, const std::string& gid) {
    if (refused_.erase({process, gid}) == 0) return;
    Record& record = records_[gid];
    if (record.unaware == owners_[process]) record.unaware.clear();
  }

  void OnCall(std::uint32_t process, const std::string& gid) {
    if (refused_.contains({process, gid})) fail_(gid, "G6: called after a refused write");
    if (leased_ && records_[gid].owner != owners_[process]) {
      fail_(gid, "G6: called by one who does not own it");
    }
  }

  // Whether somebody else has changed the record under its owner, who has not found out yet.
  bool IsUnaware(std::uint32_t process, const std::string& gid) const {
    const auto found = records_.find(gid);
    return leased_ && found != records_.end() && found->second.unaware == owners_.at(process);
  }

 private:
  struct Record {
    std::uint64_t version = 0;
    bool finished = false;
    std::string owner;    // Of a finished one: the last that it had.
    std::string unaware;  // The owner, where the last write was another's.
  };

  // G10: whoever writes a record leaves it to the one who has it, or takes it.
  void CheckOwner(std::uint32_t process, const Record& record, const Write& write) {
    const bool known =
        write.owner.empty() || write.owner == owners_[process] || write.owner == record.owner;
    if (!known) fail_(write.txn->gid(), "G10: given to somebody else");
  }

  const FailFn fail_;
  bool leased_ = false;
  std::map<std::uint32_t, std::string> owners_;  // Of every process that ever was.
  std::set<std::string> living_;                 // Owners.
  std::set<std::string> in_order_;               // Owners that have stopped so.
  std::map<std::string, Record> records_;
  std::set<std::pair<std::uint32_t, std::string>> refused_;
};

}  // namespace treaty::sim
