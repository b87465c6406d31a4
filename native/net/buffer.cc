#include "net/buffer.h"

#include <cstdlib>

#include "base/assert.h"

namespace fairlead::net {

void Buffer::release() {
  if (block_ == nullptr) return;
  pool_->give(std::exchange(block_, nullptr), capacity_);
  capacity_ = begin_ = end_ = 0;
}

BufferPool::~BufferPool() { free_idle(); }

void BufferPool::free_idle() {
  for (Free** list : {&small_, &large_}) {
    while (*list != nullptr) std::free(std::exchange(*list, (*list)->next));
  }
  idle_ = 0;
}

void BufferPool::watch(std::size_t step, Grown grown, void* argument) {
  step_ = step;
  grown_ = grown;
  argument_ = argument;
  note();
}

void BufferPool::set_frugal(bool frugal) {
  frugal_ = frugal;
  if (frugal) free_idle();
}

void BufferPool::grew() {
  note();
  grown_(argument_);
}

Buffer BufferPool::of(std::size_t bytes) {
  if (bytes <= kSmallBytes) return small();
  if (bytes <= kLargeBytes && !frugal_) return large();
  char* block = static_cast<char*>(std::malloc(bytes));
  FAIRLEAD_CHECK(block != nullptr);
  used_ += bytes;
  if (used_ >= mark_) grew();
  return Buffer(*this, block, bytes);
}

Buffer BufferPool::take(Free*& list, std::size_t bytes) {
  if (frugal_ && bytes > kSmallBytes) return take(small_, kSmallBytes);
  used_ += bytes;
  if (used_ >= mark_) grew();
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
  if (!pooled || idle_ + capacity > idle_limit_ || frugal_) {
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
