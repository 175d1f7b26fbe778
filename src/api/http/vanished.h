// Peers that vanish without a word.

#pragma once

namespace treaty::api {

// The system finds out within two minutes, and reports it as an error of the socket: by asking
// where nothing is under way, by waiting for the acknowledgement of what is.
void NoticeWhenVanished(int socket);

}  // namespace treaty::api
