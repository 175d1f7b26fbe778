// What this machine lacks at times: a call that fails for want of it was not sent.

#pragma once

namespace treaty {

// Whether an errno says that this process or machine has no more of something: descriptors, local
// ports, memory.
bool IsShortage(int error);

// The errno of what a new connection would lack just now, tried out without reaching anybody; 0:
// nothing. For libraries that do not tell why they could not connect.
int FindShortage(bool v6);

}  // namespace treaty
