// zlib with an output buffer of fixed size, so that no small reply takes much memory.

#include "participant/http/unpacker.h"

#include <algorithm>
#include <array>

namespace treaty {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr int kZlib = 15;
constexpr int kGzipOnly = kZlib + 16;
constexpr int kBare = -kZlib;

// RFC 1950: the method, and a check of both bytes.
bool IsZlibHead(const char (&first)[2]) {
  const unsigned a = static_cast<unsigned char>(first[0]);
  const unsigned b = static_cast<unsigned char>(first[1]);
  return (a & 15U) == Z_DEFLATED && (a >> 4U) <= 7 && (a * 256 + b) % 31 == 0;
}

}  // namespace

Unpacker::~Unpacker() {
  if (begun_) inflateEnd(&stream_);
}

bool Unpacker::Add(std::string_view packed, UnpackWork& work, const Out& out) {
  if (!begun_ && !Begin(packed, work, out)) return false;
  return !begun_ || Inflate(packed, work, out);
}

// Waits for the bytes that tell the format.
bool Unpacker::Begin(std::string_view& packed, UnpackWork& work, const Out& out) {
  if (packed.empty()) return true;
  int format = kGzipOnly;
  if (coding_ == Coding::kDeflate) {
    while (first_bytes_ < sizeof first_ && !packed.empty()) {
      first_[first_bytes_++] = packed.front();
      packed.remove_prefix(1);
    }
    if (first_bytes_ < sizeof first_) return true;
    format = IsZlibHead(first_) ? kZlib : kBare;
  }
  begun_ = work.Spend(kMemberWork) && inflateInit2(&stream_, format) == Z_OK;
  return begun_ && Inflate({first_, first_bytes_}, work, out);
}

// Only gzip has members.
bool Unpacker::BeginMember(UnpackWork& work) {
  ended_ = false;
  return coding_ == Coding::kGzip && work.Spend(kMemberWork) && inflateReset(&stream_) == Z_OK;
}

bool Unpacker::Inflate(std::string_view packed, UnpackWork& work, const Out& out) {
  if (!work.Spend(packed.size())) return false;
  std::array<Bytef, kPiece> piece;
  // zlib does not write to its input.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream_.avail_in = static_cast<uInt>(packed.size());
  stream_.avail_out = 1;
  while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !ended_)) {
    if (ended_ && !BeginMember(work)) return false;
    stream_.next_out = piece.data();
    stream_.avail_out = piece.size();
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
    ended_ = result == Z_STREAM_END;
    const std::size_t got = piece.size() - stream_.avail_out;
    if (!work.Spend(got)) return false;
    if (got > 0 && !out({reinterpret_cast<const char*>(piece.data()), got})) return false;
  }
  return true;
}

}  // namespace treaty
