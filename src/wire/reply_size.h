// How many bytes a reply takes at the most, told before it is written.

#pragma once

#include <cstddef>
#include <string_view>

#include "store/store.h"

namespace treaty::wire {

// A text as a JSON string, exactly.
std::size_t JsonBytes(std::string_view text);

// QueryReply and WorkflowReply of txn_reply.h.
std::size_t TxnReplyBytes(const StoredTxn& stored);

// ListReply.
std::size_t ListReplyBytes(const ListPage& page);

// KvReply and KvPageReply of kv_reply.h.
std::size_t KvReplyBytes(const KvPage& page);

}  // namespace treaty::wire
