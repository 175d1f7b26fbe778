// Leaks that are known and not mended yet; linked into treatyd under AddressSanitizer only.
//
// A call cut when the daemon stops leaves its connection behind as the process ends, once per
// process. The daemon's process test finds it.

extern "C" const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's name.

extern "C" const char* __lsan_default_suppressions() {
  return "leak:treaty::HttpParticipant::Dial\n";
}
