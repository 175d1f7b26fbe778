// Transactions, branches and verdicts as the JSON text of replies (protocol §1.2, §1.9 to §1.11).

#pragma once

#include <string>
#include <string_view>

#include "core/request.h"
#include "core/step.h"
#include "store/store.h"

namespace treaty::wire {

// A text that is no verdict: the words that clients search replies for are written in lower case,
// so that nothing a client sent can be taken for one.
std::string PlainText(std::string_view message);

// A text whose verdict is FAILURE, which it ends with.
std::string FailureText(std::string_view message);

// {"message":…}, in plain text.
std::string MessageReply(std::string_view message);

// {"dtm_result":"FAILURE","message":"… FAILURE"}
std::string FailureReply(std::string_view message);

// The transaction with its branches; null: the gid is unknown.
std::string QueryReply(const StoredTxn* stored, const Policy& policy);

// The reply of prepareWorkflow: the transaction, and what has been recorded of it (§1.8).
std::string WorkflowReply(const StoredTxn& stored, const Policy& policy);

// A page; `gid` and `position` as asked for.
std::string ListReply(const ListPage& page, const ListFilter& asked, const Policy& policy);

}  // namespace treaty::wire
