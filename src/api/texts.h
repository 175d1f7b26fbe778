// What clients are told in the same words by every API.

#pragma once

namespace treaty::api {

// Of a transaction that is waited for and goes on. Nothing of the client or of a participant is in
// it: clients search it for words.
inline constexpr const char* kOngoingText = "the transaction is still running; query it later";
// What the reference server said, for clients that count on it.
inline constexpr const char* kOngoing409Text = "wait result not return success: FAILURE";

}  // namespace treaty::api
