// A call to a participant or client, with all that goes into its request.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "core/step.h"
#include "core/txn.h"

namespace treaty {

// One call, complete: nothing else of the transaction is needed to make it.
struct BranchCall {
  std::shared_ptr<const Body> body;    // gid, model, protocol, query_prepared, recipients.
  std::shared_ptr<const Terms> terms;  // Headers; what a workflow is resumed with.
  std::shared_ptr<const Step> step;    // Null for Op::kQuery.
  BranchIndex branch;
  Op op = Op::kAction;
  Duration timeout{0};  // From leaving the queue to the end of the reply.

  // Protocol §4.6: what goes into the request.
  const std::string& url() const;
  const std::string& payload() const;
  std::shared_ptr<const void> payload_owner() const;  // Keeps payload() alive.
  std::string branch_id() const;
  std::string_view op_name() const;
  bool is_post() const;

  // Of a message with topics: to whom it goes; otherwise null.
  const Recipient* recipient() const;

  // The word that decides counts anywhere in a reply, not only alone (protocol §18, 7).
  bool finds_words() const;
};

// The call that a duty of `txn` asks for.
BranchCall MakeCall(const Txn& txn, const Call& call, const Policy& policy);

}  // namespace treaty
