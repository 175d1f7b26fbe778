// World to bits and back; whatever is not packed is not part of a state.

#include "core/saga_walk_world.h"

#include <algorithm>

#include "base/check.h"
#include "core/backoff.h"

namespace treaty {
namespace {

constexpr Time kLater = kWalkNow + std::chrono::seconds(10);
constexpr Duration kLongAgo = std::chrono::hours(1);

class Bits {
 public:
  explicit Bits(std::uint64_t bits = 0) : bits_(bits) {}

  void Put(std::uint64_t value, unsigned width) {
    TREATY_CHECK(value < (std::uint64_t{1} << width) && used_ + width <= 64);
    bits_ |= value << used_;
    used_ += width;
  }
  unsigned Take(unsigned width) {
    const auto value = (bits_ >> used_) & ((std::uint64_t{1} << width) - 1);
    used_ += width;
    return static_cast<unsigned>(value);
  }
  std::uint64_t bits() const { return bits_; }

 private:
  std::uint64_t bits_;
  unsigned used_ = 0;
};

unsigned PhaseOf(Time due) {
  if (due == kNever) return 0;
  return due <= kWalkNow ? 1 : 2;
}

Time DueIn(unsigned phase) {
  if (phase == 0) return kNever;
  return phase == 1 ? kWalkNow : kLater;
}

bool IsTimedOut(const Txn& txn) {
  const Time deadline = Deadline(txn);
  return deadline != kNever && deadline <= kWalkNow;
}

void PutBranch(const Branch& branch, bool counted, Bits& bits) {
  bits.Put(static_cast<unsigned>(branch.action), 2);
  bits.Put(branch.compensate == BranchStatus::kSucceed ? 1 : 0, 1);
  bits.Put(branch.called ? 1 : 0, 1);
  bits.Put(branch.tried ? 1 : 0, 1);
  if (counted) bits.Put(branch.attempts, 2);
}

void TakeBranch(Bits& bits, bool counted, Branch& branch) {
  branch.action = static_cast<BranchStatus>(bits.Take(2));
  branch.compensate = bits.Take(1) != 0 ? BranchStatus::kSucceed : BranchStatus::kPrepared;
  branch.called = bits.Take(1) != 0;
  branch.tried = bits.Take(1) != 0;
  if (counted) branch.attempts = bits.Take(2);
}

constexpr unsigned kPhases = 3;  // See PhaseOf.

void PutTxn(const Txn& txn, Bits& bits) {
  bits.Put(static_cast<unsigned>(txn.status) * kPhases + PhaseOf(txn.due), 4);
  bits.Put(txn.backoff, 1);
  for (const Branch& branch : txn.branches) PutBranch(branch, txn.terms->retry_limit > 0, bits);
}

void TakeTxn(Bits& bits, Txn& txn) {
  const unsigned status_and_phase = bits.Take(4);
  txn.status = static_cast<TxnStatus>(status_and_phase / kPhases);
  txn.due = DueIn(status_and_phase % kPhases);
  txn.backoff = bits.Take(1);
  txn.branches.resize(txn.body->steps.size());
  for (Branch& branch : txn.branches) TakeBranch(bits, txn.terms->retry_limit > 0, branch);
}

std::string Describe(const Txn& txn) {
  std::string text = std::string(Name(txn.status)) + " [";
  for (const Branch& branch : txn.branches) {
    text += std::string(Name(branch.action)) + "/" + std::string(Name(branch.compensate)) +
            (branch.called ? " called" : "") + (branch.tried ? " tried" : "") + " " +
            std::to_string(branch.attempts) + ";";
  }
  return text + "] k=" + std::to_string(txn.backoff) + " due=" + std::to_string(PhaseOf(txn.due));
}

}  // namespace

void MakeAbstract(Txn& txn) {
  for (Branch& branch : txn.branches) {
    branch.action_time = branch.action == BranchStatus::kPrepared ? kNever : kWalkNow;
    branch.compensate_time = branch.compensate == BranchStatus::kPrepared ? kNever : kWalkNow;
    if (txn.terms->retry_limit == 0) branch.attempts = 0;
  }
  const bool turned = txn.status == TxnStatus::kAborting || txn.status == TxnStatus::kFailed;
  txn.rollback_reason = turned ? "reason" : "";
  txn.backoff = std::min(txn.backoff, 1U);
  txn.due = DueIn(PhaseOf(txn.due));
  txn.live.hold_until = txn.live.hold_until > kWalkNow ? kLater : kNever;
  txn.created = IsTimedOut(txn) ? kWalkNow - kLongAgo : kWalkNow;
  txn.updated = kWalkNow;
  txn.finished = txn.IsFinished() ? kWalkNow : kNever;
}

std::uint64_t Pack(const World& world) {
  Bits bits;
  const auto steps = static_cast<unsigned>(world.memory.branches.size());
  PutTxn(world.memory, bits);
  PutTxn(world.durable, bits);
  bits.Put(world.memory.live.backed_off ? 1 : 0, 1);
  bits.Put(world.memory.live.hold_until != kNever ? 1 : 0, 1);
  bits.Put(IsTimedOut(world.memory) ? 1 : 0, 1);
  bits.Put(world.called, steps);
  bits.Put(world.action_replies, steps);
  bits.Put(world.compensate_replies, steps);
  bits.Put(world.unsent, steps);
  bits.Put(world.compensated ? 1 : 0, 1);
  return bits.bits();
}

World Unpack(std::uint64_t packed, const std::shared_ptr<const Body>& body,
             const std::shared_ptr<const Terms>& terms) {
  Bits bits(packed);
  const auto steps = static_cast<unsigned>(body->steps.size());
  World world;
  world.memory.body = world.durable.body = body;
  world.memory.terms = world.durable.terms = terms;
  TakeTxn(bits, world.memory);
  TakeTxn(bits, world.durable);
  world.memory.live.backed_off = bits.Take(1) != 0;
  world.memory.live.hold_until = bits.Take(1) != 0 ? kLater : kNever;
  const bool timed_out = bits.Take(1) != 0;
  world.memory.created = world.durable.created = timed_out ? kWalkNow - kLongAgo : kWalkNow;
  world.called = bits.Take(steps);
  world.action_replies = bits.Take(steps);
  world.compensate_replies = bits.Take(steps);
  world.unsent = bits.Take(steps);
  world.compensated = bits.Take(1) != 0;
  MakeAbstract(world.memory);
  MakeAbstract(world.durable);
  return world;
}

std::string Describe(const World& world) {
  return "memory " + Describe(world.memory) + "; durable " + Describe(world.durable) +
         "; backed_off=" + std::to_string(world.memory.live.backed_off) +
         " held=" + std::to_string(world.memory.live.hold_until != kNever) +
         " timed out=" + std::to_string(IsTimedOut(world.memory)) +
         " called=" + std::to_string(world.called) + " unsent=" + std::to_string(world.unsent) +
         " compensated=" + std::to_string(world.compensated);
}

}  // namespace treaty
