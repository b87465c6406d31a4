# Compiler and linker settings that every native target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Line tables only (-g1): stack traces and profiles name functions and lines, at a quarter of the size of -g.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
# Sibling calls: without them each coroutine that resumes another would leave a frame on the stack.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g -foptimize-sibling-calls")
set(CMAKE_C_FLAGS_DEBUG "-Og -g")

# The same bytes come out wherever the tree stands, and ccache may serve one build tree from another's results.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
find_program(FAIRLEAD_CCACHE ccache)
if(FAIRLEAD_CCACHE AND NOT FAIRLEAD_COVERAGE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${FAIRLEAD_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

set(FAIRLEAD_SANITIZE_FLAGS "")
if(FAIRLEAD_SANITIZE STREQUAL "address")
  set(FAIRLEAD_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
elseif(FAIRLEAD_SANITIZE STREQUAL "thread")
  set(FAIRLEAD_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
elseif(FAIRLEAD_SANITIZE)
  message(FATAL_ERROR "FAIRLEAD_SANITIZE is 'address' or 'thread', not '${FAIRLEAD_SANITIZE}'.")
endif()
if(FAIRLEAD_SANITIZE)
  add_compile_options(${FAIRLEAD_SANITIZE_FLAGS})
  add_link_options(${FAIRLEAD_SANITIZE_FLAGS})
endif()

# Every line of ours tells the fuzzer when it is reached, not only those of the targets: without that it searches blindly.
if(FAIRLEAD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(FAIRLEAD_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# What native/ and bindings/ are compiled with. Tests use the warnings but keep exceptions, which doctest's REQUIRE needs.
set(FAIRLEAD_WARNINGS -Wall -Wextra -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # -Wconversion of clang includes -Wsign-conversion for C++, which g++ leaves out.
  list(APPEND FAIRLEAD_WARNINGS -Wno-sign-conversion)
endif()
if(FAIRLEAD_SANITIZE STREQUAL "thread")
  # g++ warns that thread fences are invisible to the sanitizer.
  list(APPEND FAIRLEAD_WARNINGS -Wno-error=tsan)
endif()
set(FAIRLEAD_CXX_OPTIONS -fno-exceptions -fno-rtti ${FAIRLEAD_WARNINGS})
if(FAIRLEAD_LTO)
  # Fat objects: the addon is optimised across layers, the unit tests link the plain half of the same objects.
  list(APPEND FAIRLEAD_CXX_OPTIONS -flto=auto -ffat-lto-objects)
endif()
