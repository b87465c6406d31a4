#include "net/buffer.h"

#include <cstdlib>

#include "base/assert.h"

namespace fairlead::net {

void Buffer::release() {
  if (block_ == nullptr) return;
  pool_->give(std::exchange(block_, nullptr), capacity_);
  capacity_ = begin_ = end_ = 0;
}

BufferPool::~BufferPool() {
  for (Free* list : {small_, large_}) {
    while (list != nullptr) std::free(std::exchange(list, list->next));
  }
}

Buffer BufferPool::of(std::size_t bytes) {
  if (bytes <= kSmallBytes) return small();
  if (bytes <= kLargeBytes) return large();
  char* block = static_cast<char*>(std::malloc(bytes));
  FAIRLEAD_CHECK(block != nullptr);
  used_ += bytes;
  return Buffer(*this, block, bytes);
}

Buffer BufferPool::take(Free*& list, std::size_t bytes) {
  used_ += bytes;
  if (list != nullptr) {
    Free* block = list;
    list = block->next;
    idle_ -= bytes;
    return Buffer(*this, reinterpret_cast<char*>(block), bytes);
  }
  char* block = static_cast<char*>(std::malloc(bytes));
  FAIRLEAD_CHECK(block != nullptr);
  return Buffer(*this, block, bytes);
}

void BufferPool::give(char* block, std::size_t capacity) {
  used_ -= capacity;
  const bool pooled = capacity == kSmallBytes || capacity == kLargeBytes;
  if (!pooled || idle_ + capacity > idle_limit_) {
    std::free(block);
    return;
  }
  Free*& list = capacity == kSmallBytes ? small_ : large_;
  auto* free_block = reinterpret_cast<Free*>(block);
  free_block->next = list;
  list = free_block;
  idle_ += capacity;
}

}  // namespace fairlead::net
