// What is answered while there are too many connections: whoever looks after the process gets in.

#pragma once

#include <string_view>

namespace treaty::api {

// Whether a request is one of a probe or an operator: none that waits, and none that starts
// anything. `target` as sent.
bool IsServedInReserve(std::string_view target);

}  // namespace treaty::api
