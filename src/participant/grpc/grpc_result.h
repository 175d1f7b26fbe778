// What the status of a gRPC call means (protocol §4.3).

#pragma once

#include <string_view>

#include "participant/participant.h"

namespace treaty {

// `code` is the number that the participant sent: some frameworks send those of HTTP, 409 and 425,
// which count as they do there. Words inside other statuses do not count.
BranchReply MapGrpcStatus(int code, std::string_view message);

}  // namespace treaty
