// A gRPC call written frame by frame, for what no client library lets through.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/raw_client.h"

namespace treaty::testing {

using RawHeaders = std::vector<std::pair<std::string, std::string>>;

// A frame of HTTP/2 (RFC 9113, 4.1).
inline std::string Frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         const std::string& payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift & 0xff);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift & 0xff);
  return frame + payload;
}

// A text of HPACK, not compressed; shorter than 127 bytes.
inline std::string HpackText(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

// A request's header block, every field literal (RFC 7541, 6.2.2).
inline std::string HeaderBlock(const std::string& path, const RawHeaders& more) {
  RawHeaders headers = {{":method", "POST"}, {":scheme", "http"},
                        {":path", path},     {":authority", "a"},
                        {"te", "trailers"},  {"content-type", "application/grpc"}};
  headers.insert(headers.end(), more.begin(), more.end());
  std::string block;
  for (const auto& [name, value] : headers) {
    block += '\0' + HpackText(name) + HpackText(value);
  }
  return block;
}

// A message as gRPC frames it: not compressed, with its length.
inline std::string GrpcMessage(const std::string& bytes) {
  std::string out(1, '\0');
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(bytes.size() >> shift & 0xff);
  return out + bytes;
}

inline std::string Preface() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, ""); }

// SETTINGS_INITIAL_WINDOW_SIZE of 0: no byte of any reply may be sent.
inline std::string PrefaceWithoutWindow() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, std::string("\0\4\0\0\0\0", 6));
}

// A unary call on a stream with an odd number: its head, its message, and both.
inline std::string GrpcHead(std::uint32_t stream, const std::string& path, const RawHeaders& more) {
  constexpr std::uint8_t kEndHeaders = 4;
  return Frame(1, kEndHeaders, stream, HeaderBlock(path, more));
}

inline std::string GrpcData(std::uint32_t stream, const std::string& bytes) {
  constexpr std::uint8_t kEndStream = 1;
  return Frame(0, kEndStream, stream, GrpcMessage(bytes));
}

inline std::string GrpcCall(std::uint32_t stream, const std::string& path, const RawHeaders& more,
                            const std::string& bytes) {
  return GrpcHead(stream, path, more) + GrpcData(stream, bytes);
}

}  // namespace treaty::testing
