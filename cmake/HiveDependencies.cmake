# Every library that Hivemark is built on. `deploy/setup.sh` installs the Debian packages they come from.

# What the library for engines needs; cmake/HivemarkConfig.cmake.in and hivemark-engine.pc.in name the same.
find_package(Threads REQUIRED)
find_package(CAF 0.17.6 EXACT REQUIRED COMPONENTS core io)
find_package(CapnProto CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(simdjson 3.0 CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium)
if(NOT HIVE_PROGRAMS)
  return()
endif()

find_package(RocksDB CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(pugixml CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)

pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2>=1.5.1)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(libseccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)

# Sanitizers bring an allocator of their own.
if(NOT HIVE_SANITIZE)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc>=5.3)
endif()

find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
# Headers alone: Beast and Asio for the HTTP server, Math for analysis/.
find_package(Boost 1.74 REQUIRED)
find_path(BOOST_MATH_INCLUDE_DIR boost/math/distributions.hpp REQUIRED)
find_path(BOOST_BEAST_INCLUDE_DIR boost/beast/http/parser.hpp REQUIRED)

# CUDA is optional: without nvcc everything but the device programs in gpu/ is built.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  set(HIVE_CUDA ON)
  message(STATUS "CUDA ${CUDAToolkit_VERSION}: building the device programs in gpu/")
else()
  set(HIVE_CUDA OFF)
  find_program(HIVE_NVCC nvcc)
  if(HIVE_NVCC)
    set(reason "${HIVE_NVCC} does not work with this compiler")
  else()
    set(reason "no nvcc found")
  endif()
  message(STATUS "CUDA: ${reason}, leaving out the device programs in gpu/ (everything else is built)")
endif()
