#include "loop/frame_pool.h"

#include <cstdlib>

#include "base/assert.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FAIRLEAD_PLAIN_FRAMES 1
#endif

namespace fairlead::loop {
#ifndef FAIRLEAD_PLAIN_FRAMES
namespace {

constexpr std::size_t kStep = 64;
// Up to 10 KiB: the frame of an exchange holds its arena. Larger frames are not on the request path and go to malloc.
constexpr std::size_t kClasses = 160;

struct Free {
  Free* next;
};

thread_local Free* free_lists[kClasses];

constexpr std::size_t class_of(std::size_t size) { return (size + kStep - 1) / kStep; }

}  // namespace
#endif

void* FramePool::allocate(std::size_t size) {
#ifndef FAIRLEAD_PLAIN_FRAMES
  const std::size_t index = class_of(size);
  if (index < kClasses) {
    Free*& head = free_lists[index];
    if (Free* frame = head; frame != nullptr) {
      head = frame->next;
      return frame;
    }
    size = index * kStep;
  }
#endif
  void* frame = std::malloc(size);
  FAIRLEAD_CHECK(frame != nullptr);
  return frame;
}

void FramePool::release(void* frame, [[maybe_unused]] std::size_t size) {
#ifndef FAIRLEAD_PLAIN_FRAMES
  const std::size_t index = class_of(size);
  if (index < kClasses) {
    auto* free_frame = static_cast<Free*>(frame);
    free_frame->next = free_lists[index];
    free_lists[index] = free_frame;
    return;
  }
#endif
  std::free(frame);
}

void FramePool::trim() {
#ifndef FAIRLEAD_PLAIN_FRAMES
  for (Free*& head : free_lists) {
    while (head != nullptr) {
      Free* next = head->next;
      std::free(head);
      head = next;
    }
  }
#endif
}

}  // namespace fairlead::loop
