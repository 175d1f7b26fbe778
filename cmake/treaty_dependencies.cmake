# Every third-party library, found once. docs/dependencies.md says why each is here.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)

# Its package file asks for the web server and the client of parts that are not used here.
find_library(PROMETHEUS_CORE prometheus-cpp-core REQUIRED)
find_path(PROMETHEUS_INCLUDE prometheus/text_serializer.h REQUIRED)
add_library(prometheus_core UNKNOWN IMPORTED)
set_target_properties(prometheus_core PROPERTIES
  IMPORTED_LOCATION ${PROMETHEUS_CORE} INTERFACE_INCLUDE_DIRECTORIES ${PROMETHEUS_INCLUDE})

# MySQL Connector/C++, JDBC API. scripts/bootstrap unpacks the headers where the distribution's
# package of them cannot be installed; the run-time package has no link named *.so.
find_library(MYSQLCPPCONN NAMES mysqlcppconn libmysqlcppconn.so.7 REQUIRED)
find_path(MYSQLCPPCONN_INCLUDE cppconn/driver.h REQUIRED
  HINTS ${PROJECT_SOURCE_DIR}/build/third_party/mysqlcppconn/usr/include)
add_library(mysqlcppconn UNKNOWN IMPORTED)
set_target_properties(mysqlcppconn PROPERTIES
  IMPORTED_LOCATION ${MYSQLCPPCONN} INTERFACE_INCLUDE_DIRECTORIES ${MYSQLCPPCONN_INCLUDE})

if(TREATY_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
