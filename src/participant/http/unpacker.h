// Undoes one coding of a reply's body, as its bytes come.

#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace treaty {

// What unpacking one reply may cost: bytes in and out of every coding, and kMemberWork for each
// gzip member, which may hold nothing and still takes time.
inline constexpr std::size_t kMaxUnpackWork = 16 << 20;
inline constexpr std::size_t kMemberWork = 1'024;

struct UnpackWork {
  std::size_t left = kMaxUnpackWork;
  bool Spend(std::size_t work) {
    const bool enough = work <= left;
    left -= enough ? work : left;
    return enough;
  }
};

enum class Coding : std::uint8_t {
  kGzip,     // In any number of members.
  kDeflate,  // zlib's format, or bare as some servers send it.
};

class Unpacker {
 public:
  // Takes what was unpacked; false: no more of it is wanted.
  using Out = std::function<bool(std::string_view)>;

  explicit Unpacker(Coding coding) : coding_(coding) {}
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // False: it is damaged, takes too much work, or `out` wants no more. Then it is over.
  bool Add(std::string_view packed, UnpackWork& work, const Out& out);

  // Nothing is missing at the end, as far as what was added tells.
  bool IsWhole() const { return begun_ ? ended_ : first_bytes_ == 0; }

 private:
  bool Begin(std::string_view& packed, UnpackWork& work, const Out& out);
  bool BeginMember(UnpackWork& work);
  bool Inflate(std::string_view packed, UnpackWork& work, const Out& out);

  const Coding coding_;
  z_stream stream_{};
  // The two bytes that tell which kind of deflate it is.
  char first_[2] = {};
  std::size_t first_bytes_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace treaty
