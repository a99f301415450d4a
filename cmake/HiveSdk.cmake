# What an agent engine outside the tree is built with: Hivemark::engine_client, as a package for find_package (from an
# installed tree, wherever that is moved to, or from this build tree), as hivemark-engine for pkg-config, and under the
# same name for a project that adds this one as a subdirectory. docs/how-to/engines.md shows all of them.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# The client and what it links, in the order in which a linker wants static libraries.
set(sdk_libraries engine_client remote engines link scheduling identity platform messages)
# engine.hpp and what it includes of this tree. A program sees them below include/hivemark alone, so that
# "messages/ec.hpp" of this package and a file of that name of another one do not meet.
set(sdk_headers actors/engine_client/engine.hpp)
set(unread ${sdk_headers})
while(unread)
  list(POP_FRONT unread header)
  file(STRINGS ${header} includes REGEX "^#include \"")
  list(TRANSFORM includes REPLACE "^#include \"([^\"]+)\".*" "\\1")
  list(FILTER includes EXCLUDE REGEX "\\.capnp\\.h$") # those are installed all
  list(REMOVE_ITEM includes ${sdk_headers})
  list(APPEND sdk_headers ${includes})
  list(APPEND unread ${includes})
endwhile()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sdk_headers})
set(include_directory ${CMAKE_INSTALL_INCLUDEDIR}/hivemark)
set(library_directory ${CMAKE_INSTALL_LIBDIR}/hivemark)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/Hivemark)

set(sdk_targets)
set(sdk_link_flags)
foreach(name IN LISTS sdk_libraries)
  set_target_properties(hive_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(hive_${name} INTERFACE $<INSTALL_INTERFACE:${include_directory}>)
  list(APPEND sdk_targets hive_${name})
  string(APPEND sdk_link_flags " -lhive_${name}")
endforeach()
add_library(Hivemark::engine_client ALIAS hive_engine_client)
# Builds what `cmake --install BUILD --component sdk` installs.
add_custom_target(hive_sdk DEPENDS ${sdk_targets})

install(TARGETS ${sdk_targets} EXPORT hivemark ARCHIVE DESTINATION ${library_directory} COMPONENT sdk)
foreach(header IN LISTS sdk_headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${include_directory}/${folder} COMPONENT sdk)
endforeach()
install(DIRECTORY ${PROJECT_BINARY_DIR}/generated/messages DESTINATION ${include_directory} COMPONENT sdk
        FILES_MATCHING PATTERN *.capnp.h)

# In the build tree the package lies as in an installed one, so that either is a directory for CMAKE_PREFIX_PATH.
set(built_package ${PROJECT_BINARY_DIR}/lib/cmake/Hivemark)
configure_file(cmake/HivemarkConfig.cmake.in ${built_package}/HivemarkConfig.cmake @ONLY)
configure_file(cmake/FindCAF.cmake ${built_package}/FindCAF.cmake COPYONLY)
# Before version 1.0 a minor version may change the interface.
write_basic_package_version_file(${built_package}/HivemarkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
export(EXPORT hivemark NAMESPACE Hivemark:: FILE ${built_package}/HivemarkTargets.cmake)
install(EXPORT hivemark NAMESPACE Hivemark:: FILE HivemarkTargets.cmake DESTINATION ${package_directory} COMPONENT sdk)
install(FILES ${built_package}/HivemarkConfig.cmake ${built_package}/HivemarkConfigVersion.cmake cmake/FindCAF.cmake
        DESTINATION ${package_directory} COMPONENT sdk)

# pkg-config replaces pcfiledir by the folder of the file, so that the tree can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" prefix_from_pc ${prefix_from_pc})
configure_file(cmake/hivemark-engine.pc.in ${PROJECT_BINARY_DIR}/hivemark-engine.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/hivemark-engine.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sdk)
