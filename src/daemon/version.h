// This program's version, the project's in CMakeLists.txt.

#pragma once

namespace treaty::daemon {

inline constexpr const char* kVersion = TREATY_VERSION;

}  // namespace treaty::daemon
