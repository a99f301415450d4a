# Compiler settings that hold for every target of Hivemark, and for none of a project that adds it as a subdirectory.

# A project that adds Hivemark wants the library for engines, Hivemark::engine_client, and nothing else.
option(HIVE_PROGRAMS "Build hived, hivectl and the libraries that only they need" ${PROJECT_IS_TOP_LEVEL})
include(CMakeDependentOption)
cmake_dependent_option(HIVE_TESTS "Build the tests, benchmarks and examples" ${PROJECT_IS_TOP_LEVEL} HIVE_PROGRAMS OFF)
option(HIVE_WERROR "Treat warnings as errors" OFF)
option(HIVE_UNITY "Compile several sources of a large target at once: half the time for all, more after each change" OFF)
option(HIVE_FUZZ "Link the fuzz targets with libFuzzer; needs clang" OFF)
set(HIVE_SANITIZE "" CACHE STRING "Sanitizers, comma separated as for -fsanitize")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

# hive_compile_options(FLAG...): flags for C and C++ alone; nvcc takes others.
function(hive_compile_options)
  foreach(flag IN LISTS ARGN)
    add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:${flag}>)
  endforeach()
endfunction()

hive_compile_options(-Wall -Wextra -Wpedantic)
# -Wrestrict, -Wstringop-overflow, -Wstringop-overread and -Warray-bounds are wrong about `"text" + std::string` and inlined appends in GCC 12 (its bugs
# 105651 and 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  hive_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  # By default GCC collects its garbage as soon as it has 128 MiB, which is little more than the headers of CAF take:
  # with 1 GB it compiles in a sixth less time, and takes 0.5 GB for the largest file instead of 0.3.
  hive_compile_options("SHELL:--param ggc-min-heapsize=1000000")
  # Without it, GCC inlines no public function in position-independent code, since a shared library could replace it.
  hive_compile_options(-fno-semantic-interposition)
endif()
if(HIVE_WERROR)
  hive_compile_options(-Werror)
endif()
if(HIVE_SANITIZE)
  hive_compile_options(-fsanitize=${HIVE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HIVE_SANITIZE})
  if(HIVE_SANITIZE MATCHES "thread")
    # Asio's queues use fences, which ThreadSanitizer does not see; their mutexes, which it does, come on top.
    add_compile_options(-Wno-tsan)
  endif()
  if(HIVE_SANITIZE MATCHES "undefined")
    # CAF 0.17.6 binds a reference to an empty tuple behind a null pointer whenever an actor without arguments is
    # spawned (detail/init_fun_factory.hpp). A null pointer that is really read is a crash without this check too.
    hive_compile_options(-fno-sanitize-recover=undefined -fno-sanitize=null)
  endif()
endif()

if(HIVE_FUZZ)
  hive_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Debian's linker takes seconds for a program over CAF and RocksDB; mold takes a fraction, where it is installed.
find_program(HIVE_MOLD mold)
if(HIVE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Cached objects make the second build of a checkout a matter of seconds. Precompiled headers need the sloppiness.
find_program(HIVE_CCACHE ccache)
if(HIVE_CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${HIVE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    hive_compile_options(-fpch-preprocess)
  endif()
endif()

# hive_library(NAME DIRECTORY-relative sources... ): a static library that sees the whole tree, with includes spelled
# from the root: "storage/keys.hpp".
function(hive_library name)
  add_library(${name} STATIC ${ARGN})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
endfunction()

# hive_unity(TARGET [FILES]): with HIVE_UNITY, compiles the sources of the target in groups of 8 or FILES, which then
# share their anonymous namespaces. What a file includes for itself is checked by the other presets, which compile each
# file alone.
function(hive_unity name)
  set(files 8)
  if(ARGC GREATER 1)
    set(files ${ARGV1})
  endif()
  if(HIVE_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files})
    # Every file of a group is an included one, so GCC takes its anonymous namespace for that of a header.
    target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()
