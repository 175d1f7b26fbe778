// One account with a balance, and what makes it fit for sagas: each operation of a transaction
// takes effect at most once, in whatever order and how often its calls arrive.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

struct sqlite3;

namespace bank {

// Which operation of which transaction a call is for, as the coordinator says in its query.
struct Origin {
  std::string gid;
  std::string branch_id;
  bool undo = false;  // The compensation, not the action.
};

enum class Verdict {
  kDone,           // The money moved.
  kDoneBefore,     // A repeat: it had moved already.
  kNothingToUndo,  // The action never came; should it still come, it is refused.
  kUndoneBefore,   // The action comes too late: it is undone already. Nothing moved.
  kTooLittle,      // Not enough money. Nothing moved.
};

class Bank {
 public:
  // Opens the account kept in `file`; a new one starts with `balance`. Ends the program when the
  // file cannot be used.
  Bank(const std::string& file, std::int64_t balance);
  ~Bank();

  Bank(const Bank&) = delete;
  Bank& operator=(const Bank&) = delete;

  // Adds `amount` (negative: takes it), in one database transaction with the memory of it.
  Verdict Move(const Origin& origin, std::int64_t amount);

  std::int64_t Balance();

 private:
  // Remembers that the action, or the undo, was heard of; false: it was before.
  bool Remember(const Origin& origin, bool undo);
  bool WasUndone(const Origin& origin);
  Verdict Decide(const Origin& origin, std::int64_t amount);

  std::mutex mutex_;
  sqlite3* db_ = nullptr;
};

}  // namespace bank
