// What a request about a known gid comes to: the table of repeats (design §6), and when a
// waiting client hears what.

#pragma once

#include <cstddef>
#include <string>

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
Ruling RuleOnPrepareWorkflow(const Txn& stored, const TxnRequest& asked);
Ruling RuleOnSubmit(const Txn& stored, const TxnRequest& asked);
Ruling RuleOnAbort(const Txn& stored, const AbortRequest& asked);
Ruling RuleOnRegister(const Txn& stored, const RegisterRequest& asked, std::size_t most_branches);
Ruling RuleOnWorkflowEnd(const Txn& stored, const WorkflowEndRequest& asked);
Ruling RuleOnForceStop(const Txn& stored);

// The reply about a gid that no record has.
Answer UnknownGid(const std::string& gid);
Answer UnknownForSubmit(const std::string& gid, Model model);
Answer UnknownForRegister(const std::string& gid, Model model);

// The reply to a client that waited until the transaction was finished or at rest: of a submit,
// and of an abort.
Answer WaitOutcome(const Txn& txn);
Answer AbortOutcome(const Txn& txn);

}  // namespace treaty
