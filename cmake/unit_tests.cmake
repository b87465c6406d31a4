# One doctest executable for each layer: test/unit/native/<layer>/**_test.cc becomes fairlead_<layer>_tests, which sees
# what the layer sees. The target fairlead_unit_tests builds all of them, ctest runs them.
set(layers base snapshot stats loop net tls accept codec router middleware scheduler upstream exchange engine)
file(GLOB_RECURSE support CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/support/native/*.cc)
add_custom_target(fairlead_unit_tests)

foreach(layer IN LISTS layers)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/unit/native/${layer}/*_test.cc)
  if(NOT sources)
    continue()
  endif()
  set(target fairlead_${layer}_tests)
  add_executable(${target} EXCLUDE_FROM_ALL ${sources} ${support})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -fno-rtti ${FAIRLEAD_WARNINGS})
  target_link_options(${target} PRIVATE -fno-lto)
  # The decoder reads back what the compress middleware wrote.
  target_link_libraries(${target} PRIVATE fairlead_${layer} third_party::brotlidec)
  add_dependencies(fairlead_unit_tests ${target})
  # A hung test fails by itself; the slowest layer needs a few seconds, under a sanitizer ten times that.
  add_test(NAME ${layer} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${layer} PROPERTIES TIMEOUT 300)
endforeach()
