# Makes the addon loadable on glibc 2.28 and later (RHEL 8, Debian 10), whatever the machine's own glibc is, and
# independent of the installed libstdc++: that one is linked in, hidden. libgcc_s stays shared, Node needs it anyway.
set(floor 2.28)
set(stubs ${CMAKE_BINARY_DIR}/glibc_floor)
add_custom_command(
  OUTPUT ${stubs}/libc.so
  COMMAND ${FAIRLEAD_NODE} ${CMAKE_SOURCE_DIR}/cmake/glibc_floor/stubs.mjs ${floor} ${stubs} ${CMAKE_C_COMPILER}
  DEPENDS ${CMAKE_SOURCE_DIR}/cmake/glibc_floor/stubs.mjs
  VERBATIM)
add_custom_target(fairlead_glibc_stubs DEPENDS ${stubs}/libc.so)

# Objects, not an archive: libstdc++.a, which comes last on the command line, needs them too.
add_library(fairlead_glibc_shims OBJECT ${CMAKE_SOURCE_DIR}/cmake/glibc_floor/shims.c)
target_compile_options(fairlead_glibc_shims PRIVATE -Wall -Wextra -Werror)
add_dependencies(fairlead fairlead_glibc_stubs)
target_link_libraries(fairlead PRIVATE fairlead_glibc_shims)
# Link-time optimisation makes vtables after the archives were searched: name the one symbol of libstdc++ they may need.
target_link_options(fairlead PRIVATE -L${stubs} -static-libstdc++ -Wl,-u,__cxa_pure_virtual)
