// Answers and errors as gRPC statuses (protocol §3, design §6).

#pragma once

#include <grpcpp/support/status.h>

#include "base/status.h"
#include "core/request.h"

namespace treaty::api {

// `wait_result_409`: the old answer for "waited, still running". A text fits into what clients
// take of a reply's end, in full or cut.
grpc::Status AnswerStatus(const Answer& answer, bool wait_result_409);

// A request that was refused at the door, or a read that failed.
grpc::Status GrpcStatusOf(const Status& status);

// Whether to come again later may help.
bool IsBusy(const grpc::Status& status);

}  // namespace treaty::api
