// What a request about a known gid comes to: the table of repeats (design §6), and when a
// waiting client hears what.

#pragma once

#include "core/request.h"
#include "core/txn.h"

namespace treaty {

struct Ruling {
  enum class Kind {
    kAnswer,  // Nothing changes; `answer` is the reply.
    kApply,   // The request is an event for the transaction; reply when that is durable.
    kAwait,   // It is under way already: SUCCESS, or its outcome for a waiting client.
  };
  Kind kind = Kind::kAnswer;
  Answer answer;
};

Ruling RuleOnPrepare(const Txn& stored, const TxnRequest& asked);
Ruling RuleOnSubmit(const Txn& stored, const TxnRequest& asked);
Ruling RuleOnAbort(const Txn& stored);
Ruling RuleOnForceStop(const Txn& stored);

// The reply about a gid that no record has.
Answer UnknownGid(const std::string& gid);

// The reply to a client that waited until the transaction was finished or at rest.
Answer WaitOutcome(const Txn& txn);

}  // namespace treaty
