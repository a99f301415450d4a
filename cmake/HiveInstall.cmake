# What an installed system has besides the SDK: components `programs` and `monitoring`. deploy/debian makes packages of
# them.
include(GNUInstallDirs)

# A program finds those that it starts in its own directory, so all are in one, and the PATH has links.
set(program_directory ${CMAKE_INSTALL_LIBEXECDIR}/hivemark)
foreach(program hived hivectl hive-backup hive-fetch hive-gpu-probe hive-quantiphy hive-embodied hive-qwen-encoder)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${program_directory} COMPONENT programs)
  endif()
endforeach()
file(RELATIVE_PATH to_programs /${CMAKE_INSTALL_BINDIR} /${program_directory})
foreach(program hived hivectl)
  install(CODE "set(bin \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    file(MAKE_DIRECTORY \"\${bin}\")
    file(CREATE_LINK ${to_programs}/${program} \"\${bin}/${program}\" SYMBOLIC)" COMPONENT programs)
endforeach()

set(completion deploy/completion)
install(FILES ${completion}/hivectl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME hivectl
        COMPONENT programs)
install(FILES ${completion}/_hivectl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT programs)
install(FILES ${completion}/hivectl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT programs)

install(DIRECTORY deploy/monitoring DESTINATION ${CMAKE_INSTALL_DATADIR}/hivemark COMPONENT monitoring OPTIONAL
        PATTERN *.test.yml EXCLUDE)
