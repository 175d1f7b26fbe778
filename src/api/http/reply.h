// Answers and errors as HTTP replies (protocol §1.2, with the departures of design §7).

#pragma once

#include <string>

#include "api/http/handlers.h"
#include "api/http/message.h"
#include "base/status.h"
#include "core/request.h"

namespace treaty::api {

HttpReply SuccessReply();
HttpReply JsonReply(std::string body);

// {"message":…} with `status`, which is no success.
HttpReply ErrorReply(int status, std::string_view message);

HttpReply AnswerReply(const Answer& answer, const HandlerConfig& config);

// A read or check that failed.
HttpReply StatusReply(const Status& status, const HandlerConfig& config);

}  // namespace treaty::api
