// Memory for coroutine frames: per-thread free lists by size, so that a steady state never reaches malloc.
#pragma once

#include <cstddef>

namespace fairlead::loop {

/// Frames are freed on the thread that allocated them. Under AddressSanitizer it is plain malloc, so that use after
/// free is seen.
class FramePool {
 public:
  static void* allocate(std::size_t size);
  static void release(void* frame, std::size_t size);
  /// Gives the free frames of this thread back; called when a worker ends.
  static void trim();
};

}  // namespace fairlead::loop
