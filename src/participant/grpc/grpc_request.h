// What goes out with a call by gRPC: the message, the metadata, the deadline (protocol §4.3).

#pragma once

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>

#include "core/branch_call.h"

namespace treaty {

// `time` from now, by the clock that nobody sets.
gpr_timespec DeadlineIn(std::chrono::steady_clock::duration time);

// A workflow is resumed with a message of ours; everybody else gets the bytes as they came.
grpc::ByteBuffer RequestOf(const BranchCall& call);

// Always all five of dtm-…, and the headers after them. A header that gRPC cannot carry is left
// out: where the door knew that it would have to, it was refused there.
void AddMetadata(const BranchCall& call, grpc::ClientContext& context);

}  // namespace treaty
