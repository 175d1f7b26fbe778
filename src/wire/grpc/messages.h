// The messages of the gRPC API (proto/dtmgimp) as requests, and replies as messages: bytes in,
// bytes out.
//
// Wherever a request is refused, with kInvalidArgument, the message says what to change; fields
// bear the names of the HTTP API there.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/request.h"
#include "core/topic.h"
#include "wire/target_policy.h"
#include "wire/txn_request.h"

namespace treaty {
struct StoredTxn;
}

namespace treaty::wire {

// A DtmRequest. `metadata` finds what PassthroughHeaders name. The protocol is grpc.
Result<TxnRequest> ParseTxnMessage(std::string_view bytes, const RequestRules& rules,
                                   const HeaderLookup& metadata, Intent intent);
Result<AbortRequest> ParseAbortMessage(std::string_view bytes, const RequestRules& rules);

// A DtmBranchRequest.
Result<RegisterRequest> ParseBranchMessage(std::string_view bytes, const RequestRules& rules);

// A DtmTopicRequest.
Result<TopicEdit> ParseTopicMessage(std::string_view bytes, TopicEdit::Kind kind,
                                    const TargetPolicy& policy);

// An empty message, which may carry fields that are not known here.
Status CheckEmptyMessage(std::string_view bytes);

// What is wrong with a message is told to who sent it, not on the error output.
void QuietProtobuf();

std::string WriteGidReply(std::string_view gid);            // DtmGidReply
std::string WriteProgressesReply(const StoredTxn& stored);  // DtmProgressesReply
// What that takes at the most, as it is and while it is made.
std::size_t ProgressesReplyBytes(const StoredTxn& stored);
std::string WriteWorkflowData(std::string_view input);  // workflow.WorkflowData

}  // namespace treaty::wire
