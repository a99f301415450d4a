# Planted faults, each of which the tests of its code must find.
set(HIVE_MUTATE_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/mutate.cmake)

# hive_mutant(TARGET SOURCE FROM TO LIBRARY...): a program of the SOURCE, a path in the project, with its text FROM
# replaced by TO, and of the libraries. Its symbols come before those of the library that has the true source. When FROM
# is gone from the source, or is there more than once, the build fails, and the fault is to be planted anew.
function(hive_mutant target source from to)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target})
  # Written only when it changes: what is older than the program is not built again.
  foreach(each from to)
    set(written)
    if(EXISTS ${folder}/${each}.txt)
      file(READ ${folder}/${each}.txt written)
    endif()
    if(NOT written STREQUAL "${${each}}" OR NOT EXISTS ${folder}/${each}.txt)
      file(WRITE ${folder}/${each}.txt "${${each}}")
    endif()
  endforeach()
  set(original ${PROJECT_SOURCE_DIR}/${source})
  get_filename_component(name ${source} NAME)
  add_custom_command(
    OUTPUT ${folder}/${name}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${original} -DFROM=${folder}/from.txt -DTO=${folder}/to.txt -DOUT=${folder}/${name}
            -P ${HIVE_MUTATE_SCRIPT}
    DEPENDS ${original} ${folder}/from.txt ${folder}/to.txt ${HIVE_MUTATE_SCRIPT})
  add_executable(${target} ${folder}/${name})
  target_compile_options(${target} PRIVATE -w) # what is left of the text may be unused
  target_link_libraries(${target} PRIVATE ${ARGN})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${folder})
endfunction()
