// Requests that two parties could read differently: a proxy would let pass what this server does
// not see, or the other way round.

#pragma once

#include <boost/beast/http/message.hpp>
#include <string_view>

namespace treaty::api {

// What is ambiguous about a head; empty: nothing.
std::string_view FindAmbiguity(const boost::beast::http::request_header<>& header);

// Whether a line of the head that `text` begins with ends without a carriage return.
bool HasBareLineFeed(std::string_view text);

}  // namespace treaty::api
