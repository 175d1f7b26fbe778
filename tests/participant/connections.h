// Which connections there are.

#pragma once

#include <cstddef>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

namespace treaty::test {

// Established TCP connections of this machine to a port.
inline std::size_t CountConnectionsTo(int port) {
  std::ostringstream wanted;
  wanted << ':' << std::uppercase << std::hex << std::setw(4) << std::setfill('0') << port
         << " 01 ";
  std::size_t count = 0;
  for (const char* name : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream table(name);
    for (std::string line; std::getline(table, line);) {
      if (line.find(wanted.str()) != std::string::npos) ++count;
    }
  }
  return count;
}

}  // namespace treaty::test
