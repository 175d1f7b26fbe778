// What the status of a gRPC call means (protocol §4.3).

#pragma once

#include <grpcpp/support/string_ref.h>

#include <map>
#include <string_view>

#include "participant/participant.h"

namespace treaty {

// `code` is the number that the participant sent: some frameworks send those of HTTP, 409 and 425,
// which count as they do there. Words inside other statuses do not count.
BranchReply MapGrpcStatus(int code, std::string_view message);

// When the participant wants to be called again, by its trailers: `grpc-retry-pushback-ms`; zero
// where they do not say.
Duration PushbackOf(const std::multimap<grpc::string_ref, grpc::string_ref>& trailers);

}  // namespace treaty
