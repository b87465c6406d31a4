# Micro-benchmarks: bench/native-micro/<layer>_bench.cc, or <layer>_<what>_bench.cc, becomes the executable of that name,
# which sees what the layer sees. The target fairlead_bench builds all of them.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/native-micro/*_bench.cc)
add_custom_target(fairlead_bench)
foreach(source IN LISTS sources)
  get_filename_component(target ${source} NAME_WE)
  string(REGEX REPLACE "_.*$" "" layer ${target})
  add_executable(${target} EXCLUDE_FROM_ALL ${source})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(${target} PRIVATE ${FAIRLEAD_CXX_OPTIONS})
  target_link_libraries(${target} PRIVATE fairlead_${layer})
  add_dependencies(fairlead_bench ${target})
endforeach()
