// Runs a fuzz target once over every file of the folders given, where there is no libFuzzer.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/met.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int ReplayAll(int argc, char** argv) {
  int replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      const std::string input = Contents(entry.path());
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
      ++replayed;
    }
  }
  return replayed;
}

bool MetAll() { return TreatyFuzzMetAll == nullptr || TreatyFuzzMetAll(); }

}  // namespace

int main(int argc, char** argv) {
  const int replayed = ReplayAll(argc, argv);
  std::printf("%d inputs replayed\n", replayed);
  // A machine that stood still had some of them end by their time instead.
  constexpr int kMoreTries = 5;
  for (int i = 0; i < kMoreTries && !MetAll(); ++i) ReplayAll(argc, argv);
  return replayed > 0 && MetAll() ? 0 : 1;
}
