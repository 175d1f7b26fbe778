# treaty_library(NAME <layer> SRCS <file>... [DEPS <target>...] [PRIVATE_DEPS <target>...])
#
# One directory, one library, one list of what it may use. The link check pulls in every
# object of the layer against DEPS alone, so code that reaches into a layer it does not
# declare fails to link.
function(treaty_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target treaty_${ARG_NAME})
  add_library(${target} STATIC ${ARG_SRCS})
  add_library(treaty::${ARG_NAME} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ARG_DEPS}
    PRIVATE $<BUILD_INTERFACE:treaty_flags> ${ARG_PRIVATE_DEPS})

  if(TREATY_BUILD_TESTS)
    add_executable(${target}_links ${PROJECT_SOURCE_DIR}/cmake/empty_main.cc)
    target_link_libraries(${target}_links
      PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${target}> ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
    add_test(NAME ${target}_links COMMAND ${target}_links)
    set_tests_properties(${target}_links PROPERTIES
      TIMEOUT 30 LABELS "links" ENVIRONMENT "${TREATY_TEST_ENVIRONMENT}")
  endif()
endfunction()

# treaty_test(NAME <name> SRCS <file>... [DEPS <target>...] [LABELS <label>...] [TIMEOUT <s>])
#
# One GoogleTest executable, one ctest test. Sanitized builds get four times the time.
function(treaty_test)
  cmake_parse_arguments(ARG "" "NAME;TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  if(TREATY_SANITIZE)
    math(EXPR ARG_TIMEOUT "4 * ${ARG_TIMEOUT}")
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${ARG_NAME} PRIVATE treaty_flags ${ARG_DEPS} GTest::gmock_main)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
  set_tests_properties(${ARG_NAME} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" ENVIRONMENT "${TREATY_TEST_ENVIRONMENT}")
endfunction()

# treaty_uses_grpc(TARGET...): what is to be compiled differently with gRPC's headers.
function(treaty_uses_grpc)
  if(TREATY_SANITIZE MATCHES "thread")
    foreach(target ${ARGN})
      target_compile_options(${target} PRIVATE
        -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/cmake/tsan.ignore)
    endforeach()
  endif()
endfunction()
