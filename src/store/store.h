// The durable home of global transactions.
//
// One implementation per database, all of one shape. All of them pass tests/contract/, which is
// the executable form of the promises below.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/at_work_on.h"
#include "base/status.h"
#include "base/time.h"
#include "core/txn.h"
#include "store/kv.h"

namespace treaty {

// One record's change. The whole mutable part of `txn` is stored; its `version` is the new one.
struct Write {
  enum class Kind : std::uint8_t {
    kInsert,  // Refused with kExists if the gid is taken. txn->version is 1.
    kUpdate,  // Refused with kStale unless the stored version is txn->version - 1.
    kEdit,    // Of `edit` alone: refused with kStale unless the entry is the one it replaces.
  };
  Kind kind = Kind::kInsert;
  const Txn* txn = nullptr;      // Not owned; outlives the call. Null for kEdit.
  bool terms_changed = false;    // kUpdate: the terms are to be rewritten too.
  std::uint64_t write_id = 0;    // Random; tells one's own write from another's later.
  std::string owner = {};        // Empty: nobody drives it, `wake` brings it back.
  Time wake = kNever;            // The due index's time; kNever for a finished or resting one.
  std::size_t added = 0;         // How many of txn->registered, at the end, are not stored yet.
  const KvEdit* edit = nullptr;  // kEdit: not owned; outlives the call.
  bool impatient = false;        // What somebody else holds is not waited for: kBlocked at once.
};

enum class Verdict : std::uint8_t {
  kStored,
  kExists,   // kInsert: the gid is taken, by another write than this one.
  kStale,    // kUpdate, kEdit: it has moved on, by another write than this one.
  kIllegal,  // The status move is not in the table of core/txn.h; a mistake of ours.
  kFull,     // kEdit: there are as many entries of the category as there may be.
};

// A record as found, with the columns that only the engine cares for.
struct StoredTxn {
  Txn txn;
  std::uint64_t write_id = 0;
  std::string owner;
  Time wake = kNever;
};

// A place in the due index, or in the list of owned transactions.
struct DueKey {
  Time wake = kNever;
  std::string gid;
  std::string owner = {};  // Of Look and FindOrphans: as found; empty: nobody drives it.
};

// A part of the walk through the parked: unfinished transactions that nobody drives.
struct ParkedPage {
  std::size_t count = 0;
  Time oldest = kNever;  // When the oldest of them was created; kNever: there is none.
  DueKey last;           // Where the next part begins.
};

// The right to drive transactions, for one start of an instance.
struct LeaseTerms {
  std::string instance;  // The same for all its starts; no two run at a time.
  std::string owner;     // This start; what the transactions' owner says.
  Duration length{0};    // How long it lasts after a renewal; the same for all.
};

// A lease as found. Its holder is alive as long as `renewals` grows.
struct LeaseRow {
  std::string owner;
  std::string instance;
  std::uint64_t renewals = 0;
  Time renewed = kNever;  // By the server's clock, which may be set: for people, not for programs.
};

// What there is to do, as one look at the store shows it.
struct Findings {
  std::vector<DueKey> due = {};       // Asleep, or the looker's own that somebody else has changed.
  std::vector<LeaseRow> leases = {};  // Of all, the looker's own too. Empty where there are none.
  bool orphans = false;  // FindOrphans would find something. False where there are no leases.
};

struct ListFilter {
  std::string gid = {};  // Empty: any; otherwise the other filters are ignored.
  std::optional<TxnStatus> status = {};
  std::optional<Model> model = {};
  Time created_from = kNever;  // Inclusive; kNever: no bound.
  Time created_to = kNever;    // Inclusive; kNever: no bound.
  std::string position = {};   // As returned by the page before; empty: from the newest.
  std::size_t limit = 100;     // 1 to 500.
};

struct ListPage {
  std::vector<StoredTxn> txns;  // Newest first by (created, gid); bodies are not read.
  std::string next_position;    // Empty: this was the last page.
};

// Commit is called by one thread, the committer's; everything else by any thread. Calls block
// until the database has answered or its time-out has passed, so lanes never call.
class Store {
 public:
  virtual ~Store() = default;

  // Makes `writes` durable as one database transaction; each is stored or refused on its own,
  // and `verdicts` (of the same size) says which. A repeated write that finds its own write id
  // in the record counts as kStored, and so does an edit that finds the entry gone that it was
  // to take away. No two writes of a batch name the same gid; edits run in their order.
  //
  // kUnavailable: nothing was stored, and nothing else would be now; try again. kUnknown: settle by
  // writing again under a new write id and the same condition. Otherwise nothing was stored because
  // of some of these writes, and the others will be without them. kBlocked: somebody else holds
  // what those need, so they may be stored later. kInvalidArgument: they are too large for the
  // store as it is set up. Any other error: a mistake; the same will never be stored.
  virtual Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) = 0;

  // Returns the record with its body, or nothing. kDataLoss: the record cannot be read.
  virtual Result<std::optional<StoredTxn>> Load(const std::string& gid) = 0;

  // Loads several records, each as Load does, and returns them in the order of `gids`, of which no
  // two are the same. Whoever reads each of them is at work on it (base/at_work_on.h).
  virtual std::vector<Result<std::optional<StoredTxn>>> LoadMany(
      std::span<const std::string> gids) {
    std::vector<Result<std::optional<StoredTxn>>> found;
    for (const std::string& gid : gids) {
      const AtWorkOn noted(gid);
      found.push_back(Load(gid));
    }
    return found;
  }

  // Returns up to `limit` unfinished transactions, unowned or `owner`'s, that have a wake <= until,
  // after the place `after` in the order (wake, gid); and, where there are leases, all of those.
  // One statement: every instance looks once a second.
  virtual Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                                std::size_t limit) = 0;

  // Returns up to `limit` unfinished transactions owned neither by `owner` nor by anybody who has a
  // lease, after `after`, the last of the page before, in an order of the store's own: what others
  // left behind.
  virtual Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                                  std::size_t limit) = 0;

  // Returns up to `limit` unfinished transactions, owned or not, after the place `after` in the
  // order (wake, gid), and never one whose wake is kNever.
  virtual Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) = 0;

  // Counts up to `limit` unfinished, unowned transactions, resting ones included, after the place
  // `after` in the order (wake, gid). Fewer than `limit`: there are no more.
  virtual Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) = 0;

  // Returns a page of the list; kInvalidArgument: the position is none of ours. A page ends early
  // where its texts exceed kListBytes, but never without a record.
  virtual Result<ListPage> List(const ListFilter& filter) = 0;

  // Returns the entry, or nothing.
  virtual Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) = 0;

  // Returns a page of the entries; kInvalidArgument: the position is none of ours. A page ends
  // early where its values exceed kKvPageBytes, but never without an entry.
  virtual Result<KvPage> ListKv(const KvFilter& filter) = 0;

  // Deletes up to `limit` transactions finished before `before`, parts included; returns how
  // many. Runs on the committer's thread, between batches.
  virtual Result<std::size_t> Prune(Time before, std::size_t limit) = 0;

  // Leases: who drives transactions, one row for each start of an instance. The store judges none
  // of them: a lease ends when its holder gives it back, or when somebody who has watched it for
  // its whole length reaps it. A store that is one process's own, like a file, has no rows and
  // always succeeds.

  // Begins one. kAlreadyExists: another start of the instance has one.
  virtual Status BeginLease(const LeaseTerms& terms) = 0;

  // Renews it. kFailedPrecondition: there is no such lease any more, somebody has reaped it. Any
  // other failure: it may have been renewed or not.
  virtual Status RenewLease(const LeaseTerms& terms) = 0;

  // Gives it back.
  virtual Status EndLease(const std::string& owner) = 0;

  // Returns all of them.
  virtual Result<std::vector<LeaseRow>> FindLeases() = 0;

  // Ends one that was not renewed since it was found. kFailedPrecondition: it was, or is gone.
  virtual Status ReapLease(const LeaseRow& found) = 0;

  // Succeeds if the store accepts writes now.
  virtual Status CheckWritable() = 0;

  // The store's clock: safe for any thread, never blocks.
  virtual const Clock& clock() const = 0;
};

}  // namespace treaty
