// zlib with a fixed output buffer, so that no small reply can grow beyond the limit.

#include "participant/http/gunzip.h"

#include <zlib.h>

namespace treaty {

std::optional<std::string> Gunzip(std::string_view packed, std::size_t limit, bool cut) {
  if (packed.empty()) return std::string{};
  constexpr int kGzipOnly = 15 + 16;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return std::nullopt;
  std::string input(packed);
  std::string output(limit, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  output.resize(limit - stream.avail_out);
  const bool full = stream.avail_out == 0;
  inflateEnd(&stream);
  const bool unfinished = result == Z_OK || result == Z_BUF_ERROR;
  if (result == Z_STREAM_END || (unfinished && (full || cut))) return output;
  return std::nullopt;
}

}  // namespace treaty
