# fairlead_layer(<name> DEPENDS <layer>... [USES <third-party target>...])
#
# Builds native/<name>/**.cc into the library fairlead_<name>. A layer sees the headers of the layers it names, and of
# those below them, and no others: including a header from elsewhere is a compile error, and so is a cycle, because a
# layer can only name layers that are already declared. The headers of a third-party library are passed on with the layer
# that names it: a header of tls/ that includes <openssl/ssl.h> must never find the system's OpenSSL instead.
#
# The views are shared by all build trees, so that ccache serves one tree from the results of another.
set(FAIRLEAD_VIEWS ${CMAKE_SOURCE_DIR}/out/include)

# Makes `link` point to `folder`. Another build tree may be doing the same at this moment: what counts is the outcome.
function(fairlead_view folder link)
  if(NOT IS_SYMLINK ${link})
    file(CREATE_LINK ${folder} ${link} RESULT ignored SYMBOLIC)
  endif()
  file(READ_SYMLINK ${link} target)
  if(NOT target STREQUAL folder)
    message(FATAL_ERROR "${link} points to ${target}, not to ${folder}: remove ${FAIRLEAD_VIEWS}.")
  endif()
endfunction()

function(fairlead_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;USES" ${ARGN})
  foreach(dependency IN LISTS ARG_DEPENDS)
    if(NOT TARGET fairlead_${dependency})
      message(FATAL_ERROR "Layer '${name}' may only depend on layers declared above it, not '${dependency}'.")
    endif()
  endforeach()

  set(root ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  set(view ${FAIRLEAD_VIEWS}/${name})
  file(MAKE_DIRECTORY ${view})
  fairlead_view(${root} ${view}/${name})
  list(TRANSFORM ARG_DEPENDS PREPEND fairlead_)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/*.cc)
  if(NOT sources)
    add_library(fairlead_${name} INTERFACE)
    target_include_directories(fairlead_${name} INTERFACE ${view})
    target_link_libraries(fairlead_${name} INTERFACE ${ARG_DEPENDS} ${ARG_USES})
    return()
  endif()

  add_library(fairlead_${name} STATIC ${sources})
  target_include_directories(fairlead_${name} PUBLIC ${view})
  target_compile_options(fairlead_${name} PRIVATE ${FAIRLEAD_CXX_OPTIONS})
  target_link_libraries(fairlead_${name} PUBLIC ${ARG_DEPENDS} ${ARG_USES})
endfunction()
