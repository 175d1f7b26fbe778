// Answers and errors as HTTP replies (protocol §1.2, with the departures of design §7).

#pragma once

#include <string>

#include "api/http/handlers.h"
#include "api/http/message.h"
#include "base/status.h"
#include "core/request.h"

namespace treaty::api {

// What a waiting client is told of a transaction that goes on. Nothing of the client or of a
// participant is in it: clients search it for words.
inline constexpr const char* kOngoingText = "the transaction is still running; query it later";
// What the reference server said, for clients that count on it.
inline constexpr const char* kOngoing409Text = "wait result not return success: FAILURE";

HttpReply SuccessReply();
HttpReply JsonReply(std::string body);

// {"message":…} with `status`, which is no success.
HttpReply ErrorReply(int status, std::string_view message);

HttpReply AnswerReply(const Answer& answer, const HandlerConfig& config);

// A read or check that failed.
HttpReply StatusReply(const Status& status, const HandlerConfig& config);

}  // namespace treaty::api
