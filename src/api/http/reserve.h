// What is answered while there are too many connections: whoever looks after the process gets in.

#pragma once

#include <cstdint>
#include <string_view>

namespace treaty::api {

enum class ReserveUse : std::uint8_t {
  kNone,   // Not a probe's or an operator's: it waits, or starts something.
  kShort,  // It asks for little.
  kList,   // It goes through many records, and may take long: only a part of the reserve is for it.
};

// What a request is to the reserve. `target` as sent.
ReserveUse UseOfReserve(std::string_view target);

}  // namespace treaty::api
