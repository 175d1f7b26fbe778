# Compilers, warnings and sanitizers, in one place.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# The flags of our own code; generated code and third parties do without the warnings.
add_library(treaty_flags INTERFACE)
target_compile_options(treaty_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False for `"text" + std::string` with optimisation (GCC bug 105651).
  target_compile_options(treaty_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(treaty_flags INTERFACE -Wthread-safety)
endif()

# Bounds and invariants are checked in every build, release included.
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_compile_options(-fstack-protector-strong -ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections -Wl,-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(TREATY_SANITIZE)
  add_compile_options(-fsanitize=${TREATY_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TREATY_SANITIZE})
  if(TREATY_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
    # gRPC keeps the number that a peer sent as status in an enum, whatever it is: some send those
    # of HTTP. No compiler here relies on an enum's range (-fstrict-enums), so nothing is at stake.
    add_compile_options(-fno-sanitize=enum)
  endif()
endif()

# The environment of every test: where sanitizers find names, and what they must not report.
set(TREATY_TEST_ENVIRONMENT "")
if(TREATY_SANITIZE)
  find_program(TREATY_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer
    HINTS /usr/lib/llvm-19/bin)
  set(symbolizer "external_symbolizer_path=${TREATY_SYMBOLIZER}")
  list(APPEND TREATY_TEST_ENVIRONMENT
    "ASAN_OPTIONS=${symbolizer}" "UBSAN_OPTIONS=print_stacktrace=1:${symbolizer}"
    "TSAN_OPTIONS=ignore_noninstrumented_modules=1:suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp:${symbolizer}")
endif()
