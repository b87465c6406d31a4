#include "loop/frame_pool.h"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <vector>

using fairlead::loop::FramePool;

TEST_CASE("frames of every size can be written to and given back") {
  for (const std::size_t size : {1UL, 63UL, 64UL, 65UL, 4096UL, 159 * 64UL, 159 * 64 + 1UL, 160 * 64UL, 100'000UL}) {
    CAPTURE(size);
    std::set<void*> frames;
    for (int i = 0; i < 8; ++i) {
      void* frame = FramePool::allocate(size);
      std::memset(frame, 0xab, size);
      frames.insert(frame);
    }
    CHECK(frames.size() == 8);
    for (void* frame : frames) FramePool::release(frame, size);
  }
  FramePool::trim();
  FramePool::trim();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a frame that was given back is the next of its size class, and of no other") {
  void* frame = FramePool::allocate(130);
  FramePool::release(frame, 130);
  void* other = FramePool::allocate(128);
  CHECK(other != frame);
  void* same = FramePool::allocate(192);
  CHECK(same == frame);
  FramePool::release(other, 128);
  FramePool::release(same, 192);
  FramePool::trim();
}
#endif
