// Key-value entries as the JSON text of replies (protocol §8).

#pragma once

#include <string>

#include "store/store.h"

namespace treaty::wire {

// {"kv":[…]}
std::string KvReply(const KvPage& page);

// {"kv":[…],"next_position":"…"}
std::string KvPageReply(const KvPage& page);

}  // namespace treaty::wire
