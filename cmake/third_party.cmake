# Imported targets for the libraries we link: third_party::re2, ::zlib, ::brotlienc, ::brotlidec, ::nghttp2, ::json, ::zstd and
# ::tls.
# third_party/prepare.mjs builds what is missing in the cache (minutes the first time) and writes what is included here.
find_package(Threads REQUIRED)
find_program(FAIRLEAD_NODE node REQUIRED)
file(GLOB recipes CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/third_party/*.mjs ${CMAKE_SOURCE_DIR}/third_party/*/CMakeLists.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipes})

# C libraries and C++ ones on the same libstdc++ fit any compiler of this machine, so clang trees share what cc built. Of
# the sanitizers only the thread sanitizer has to see inside: without that it would miss the locks and atomics there.
set(third_party_cc ${CMAKE_C_COMPILER})
set(third_party_cxx ${CMAKE_CXX_COMPILER})
if(NOT CMAKE_CROSSCOMPILING)
  find_program(third_party_cc_native cc REQUIRED)
  find_program(third_party_cxx_native c++ REQUIRED)
  set(third_party_cc ${third_party_cc_native})
  set(third_party_cxx ${third_party_cxx_native})
endif()
set(third_party_sanitize "")
if(FAIRLEAD_SANITIZE STREQUAL "thread")
  set(third_party_sanitize thread)
endif()

set(third_party_list ${CMAKE_BINARY_DIR}/third_party.cmake)
execute_process(
  COMMAND ${FAIRLEAD_NODE} ${CMAKE_SOURCE_DIR}/third_party/prepare.mjs --cmake ${third_party_list}
    --cc ${third_party_cc} --cxx ${third_party_cxx} --sanitize "${third_party_sanitize}" --tls ${FAIRLEAD_TLS}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  COMMAND_ERROR_IS_FATAL ANY)
include(${third_party_list})

add_library(fairlead_tls_library INTERFACE)
add_library(third_party::tls ALIAS fairlead_tls_library)
if(FAIRLEAD_TLS STREQUAL "openssl")
  # Debian's static archives are position independent; headers of the same package, never those of Node.
  find_path(openssl_include openssl/ssl.h REQUIRED)
  find_library(openssl_ssl libssl.a REQUIRED)
  find_library(openssl_crypto libcrypto.a REQUIRED)
  target_include_directories(fairlead_tls_library SYSTEM INTERFACE ${openssl_include})
  target_link_libraries(fairlead_tls_library INTERFACE ${openssl_ssl} ${openssl_crypto} Threads::Threads dl)
  target_compile_definitions(fairlead_tls_library INTERFACE FAIRLEAD_TLS_OPENSSL=1)
else()
  target_link_libraries(fairlead_tls_library INTERFACE third_party::aws_lc_ssl third_party::aws_lc_crypto)
  target_compile_definitions(fairlead_tls_library INTERFACE FAIRLEAD_TLS_AWS_LC=1)
endif()
