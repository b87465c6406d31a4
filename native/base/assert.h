// The two macros of the project. Neither hides control flow; bytes from a peer never reach them.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace fairlead {
/// Prints the broken condition and aborts.
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "fairlead: %s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}
}  // namespace fairlead

/// An impossibility worth dying for, in every build.
#define FAIRLEAD_CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? (void)0 : ::fairlead::check_failed(#condition, __FILE__, __LINE__))

/// States an invariant; tested in debug and sanitizer builds only.
#ifdef NDEBUG
#define FAIRLEAD_ASSERT(condition) ((void)0)
#else
#define FAIRLEAD_ASSERT(condition) FAIRLEAD_CHECK(condition)
#endif
