#include "base/gid.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace treaty {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

void Encode(std::uint64_t bits, std::size_t digits, char* out) {
  for (std::size_t i = digits; i-- > 0; bits >>= 5) out[i] = kAlphabet[bits & 31];
}

}  // namespace

std::string NewGid(Time now, Random& random) {
  std::string gid(26, '0');
  Encode(static_cast<std::uint64_t>(now.time_since_epoch().count()), 10, gid.data());
  Encode(random.Next(), 8, gid.data() + 10);
  Encode(random.Next(), 8, gid.data() + 18);
  return gid;
}

}  // namespace treaty
