# find_package(Treaty): the target Treaty::proto, messages and stubs of Treaty's gRPC API.
include(CMakeFindDependencyMacro)
find_dependency(Protobuf)
find_dependency(gRPC)
include(${CMAKE_CURRENT_LIST_DIR}/TreatyTargets.cmake)
