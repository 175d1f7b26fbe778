// Named situations that a run must have met often enough to count as a test.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace treaty::sim {

#define TREATY_SIM_MARKS(X)                                              \
  X(CrashWithCallInFlight, "crashed while a call was in flight")         \
  X(CrashWhileCommitting, "crashed right after a commit")                \
  X(CrashBeforeCommit, "crashed right before a commit")                  \
  X(CrashBeforeCall, "crashed when handing over a call, which was lost") \
  X(CrashAfterCall, "crashed when handing over a call, which arrived")   \
  X(CrashAnywhere, "crashed at any event")                               \
  X(CrashWhileAborting, "crashed while a saga was rolling back")         \
  X(CrashSoonAfterStart, "crashed within two seconds of a start")        \
  X(Restarted, "restarted")                                              \
  X(StoppedGracefully, "stopped in order")                               \
  X(CommitRefused, "commit refused")                                     \
  X(CommitAnswerLost, "commit stored, answer lost")                      \
  X(CommitRequestLost, "commit lost, outcome unknown")                   \
  X(CommitLate, "commit late, outcome unknown")                          \
  X(LateCommitLanded, "late commit stored after all")                    \
  X(UnknownSettledStored, "unknown commit settled as stored")            \
  X(UnknownSettledAgain, "unknown commit settled by writing again")      \
  X(ReadFailed, "read of the store failed")                              \
  X(InsertRefused, "insert refused, gid taken")                          \
  X(RequestLost, "request to a participant lost")                        \
  X(ReplyLost, "reply of a participant lost")                            \
  X(RequestDuplicated, "request to a participant duplicated")            \
  X(LateDelivery, "request delivered after its time-out")                \
  X(LateReply, "late reply ignored")                                     \
  X(Killed, "a process died of one transaction")                         \
  X(Quarantined, "set aside after three deaths")                         \
  X(Released, "released from quarantine")                                \
  X(NobodyHasSeenIt, "no longer called: nothing of it was sent")         \
  X(ConnectRefused, "participant refused the connection")                \
  X(NotSent, "call not sent for want of room")                           \
  X(TimedOut, "call timed out")                                          \
  X(Hung, "participant hung")                                            \
  X(Refused, "action refused")                                           \
  X(RefusedLater, "action refused after earlier calls")                  \
  X(Ongoing, "action ongoing")                                           \
  X(Unknown, "action unknown")                                           \
  X(CompensateOngoing, "compensation ongoing")                           \
  X(CompensateUnknown, "compensation unknown")                           \
  X(CompensateFailure, "compensation answered FAILURE")                  \
  X(NullCompensation, "compensation without its action")                 \
  X(ActionAfterCompensation, "action delivered after its compensation")  \
  X(CalledTwice, "action delivered twice")                               \
  X(CalledAgainAfterCrash, "action called again after a crash")          \
  X(Succeeded, "saga succeeded")                                         \
  X(Failed, "saga rolled back")                                          \
  X(Forced, "saga stopped by force")                                     \
  X(ForcedInFlight, "stopped by force with a call in flight")            \
  X(ResetDue, "next attempt asked for at once")                          \
  X(RetryLimit, "rolled back by the retry limit")                        \
  X(TimeoutToFail, "rolled back by the time-out")                        \
  X(Parked, "slept in the due index")                                    \
  X(WokeFromIndex, "woke from the due index")                            \
  X(DuplicateSubmit, "submit repeated")                                  \
  X(SubmitAfterEnd, "submit repeated after the end")                     \
  X(OtherContent, "same gid, other content, refused")                    \
  X(PreparedSubmitted, "prepared, then submitted")                       \
  X(WaitSuccess, "waiting client heard success")                         \
  X(WaitFailure, "waiting client heard failure")                         \
  X(WaitOngoing, "waiting client heard ongoing")                         \
  X(ClientGone, "client gone while waiting")                             \
  X(WentUnserved, "request to a process that is down")                   \
  X(StoreTroubleTold, "client told of trouble with the store")           \
  X(WrittenBehind, "several successes in one write")                     \
  X(Concurrent, "concurrent saga finished")                              \
  X(Ordered, "ordered saga finished")                                    \
  X(HeldBack, "compensation of a step the former process had called")    \
  X(AbortRefused, "abort of a saga refused")                             \
  X(NonsenseRefused, "nonsense refused at the door")                     \
  X(Shown, "record shown by a query")                                    \
  X(PactSucceeded, "TCC, XA or message succeeded")                       \
  X(PactUndone, "TCC or XA rolled back")                                 \
  X(PactEnded, "workflow ended")                                         \
  X(PactForced, "TCC, XA, message or workflow stopped by force")         \
  X(PactTimedOut, "TCC or XA rolled back by its time-out")               \
  X(PactAborted, "TCC or XA rolled back by its client")                  \
  X(PactClientDied, "client died before its decision")                   \
  X(Raced, "submit and abort of one transaction")                        \
  X(RegisterRefused, "registration after the decision refused")          \
  X(RecordedAlready, "second runner told that a step is recorded")       \
  X(PhaseTwoFailure, "confirm, commit or delivery answered FAILURE")     \
  X(Asked, "client asked how its local transaction ended")               \
  X(CheckedBack, "message submitted by the answer of its client")        \
  X(MessageDropped, "prepared message dropped")                          \
  X(Resumed, "workflow resumed")                                         \
  X(TopicEdited, "topic edited")                                         \
  X(TopicEditRaced, "edit of a topic lost a race")                       \
  X(TopicToOne, "message to a topic with one subscriber")                \
  X(TopicToSeveral, "message to a topic with several")                   \
  X(TopicToNobody, "message to a topic without subscribers refused")     \
  X(TopicEditedBetween, "delivered to one who has left the topic since") \
  X(LeaseOut, "lease ran out, and was renewed")                          \
  X(LeaseLost, "lease lost to somebody else")                            \
  X(Reaped, "another's lease reaped")                                    \
  X(WaitedForFormer, "start waited for a former one's lease")            \
  X(Frozen, "instance frozen")                                           \
  X(FrozenBeyondLease, "instance frozen for longer than its lease")      \
  X(ClockSet, "database's clock set")                                    \
  X(TakenOver, "transaction taken over by another instance")             \
  X(RowLocked, "row locked by somebody's console")                       \
  X(ChangedByAnother, "transaction changed on an instance that does not drive it")

enum class Mark : std::uint8_t {
#define X(name, text) k##name,
  TREATY_SIM_MARKS(X)
#undef X
      kCount
};

inline constexpr std::size_t kMarkCount = static_cast<std::size_t>(Mark::kCount);

inline constexpr std::array<std::string_view, kMarkCount> kMarkTexts = {
#define X(name, text) text,
    TREATY_SIM_MARKS(X)
#undef X
};

class Marks {
 public:
  void Hit(Mark mark) { ++counts_[static_cast<std::size_t>(mark)]; }
  std::uint64_t count(std::size_t mark) const { return counts_[mark]; }
  void Add(const Marks& other) {
    for (std::size_t i = 0; i < kMarkCount; ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<std::uint64_t, kMarkCount> counts_{};
};

}  // namespace treaty::sim
