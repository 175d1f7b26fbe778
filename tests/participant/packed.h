// Bodies as servers pack them, and worse.

#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace treaty::test {

inline constexpr int kGzipForm = 15 + 16;
inline constexpr int kZlibForm = 15;
inline constexpr int kBareForm = -15;

inline std::string Pack(const std::string& text, int form) {
  std::string packed(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, form, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline std::string Gzip(const std::string& text) { return Pack(text, kGzipForm); }
inline std::string Deflate(const std::string& text) { return Pack(text, kZlibForm); }
inline std::string BareDeflate(const std::string& text) { return Pack(text, kBareForm); }

// As a body of chunks.
inline std::string Chunked(const std::string& body, std::size_t chunk = 7) {
  std::string text;
  char size[32];
  for (std::size_t i = 0; i < body.size(); i += chunk) {
    const std::string piece = body.substr(i, chunk);
    snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text += size + piece + "\r\n";
  }
  return text + "0\r\n\r\n";
}

}  // namespace treaty::test
