# The Node-API addon, fairlead.node: bindings/*.cc on top of the engine layer and nothing else.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bindings/*.cc)
if(NOT sources)
  message(STATUS "bindings/ holds no sources: no addon in this build")
  return()
endif()

add_library(fairlead MODULE ${sources})
set_target_properties(fairlead PROPERTIES PREFIX "" SUFFIX ".node")
target_include_directories(fairlead SYSTEM PRIVATE
  ${CMAKE_SOURCE_DIR}/node_modules/node-addon-api ${CMAKE_SOURCE_DIR}/node_modules/node-api-headers/include)
# A view of bindings/ alone, for its generated header; the root of the tree would let every layer in.
file(MAKE_DIRECTORY ${FAIRLEAD_VIEWS}/bindings)
fairlead_view(${CMAKE_SOURCE_DIR}/bindings ${FAIRLEAD_VIEWS}/bindings/bindings)
target_include_directories(fairlead PRIVATE ${FAIRLEAD_VIEWS}/bindings)
target_compile_definitions(fairlead PRIVATE NAPI_VERSION=9 NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS)
target_compile_options(fairlead PRIVATE ${FAIRLEAD_CXX_OPTIONS})
target_link_libraries(fairlead PRIVATE fairlead_engine)
# Node exports its own nghttp2, zlib, brotli, zstd and OpenSSL. A symbol of ours that is visible would be replaced by
# Node's at load time, so nothing but the two Node-API entry points may leave (test/architecture/symbols.test.ts).
# nodelete: when the worker thread that loaded the addon ends, Node would unmap it, and what the TLS library and C++ have
# registered to run at the end of each thread would point nowhere.
target_link_options(fairlead PRIVATE -Wl,-z,nodelete -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -Wl,-z,now -Wl,-z,relro -Wl,--gc-sections
  -Wl,--no-undefined-version)
if(FAIRLEAD_LTO)
  target_link_options(fairlead PRIVATE -O2 -flto=auto -fuse-linker-plugin)
endif()
if(FAIRLEAD_GLIBC_FLOOR)
  include(glibc_floor)
endif()
