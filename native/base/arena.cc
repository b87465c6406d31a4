#include "base/arena.h"

#include <algorithm>
#include <cstdlib>

#include "base/assert.h"

namespace fairlead {
namespace {
// Large enough that a request with 64 KiB of headers needs few blocks, small enough that most need one.
constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kHeaderBytes = 16;
}  // namespace

void* Arena::grow(std::size_t size, std::size_t align) {
  const std::size_t bytes = std::max(kBlockBytes, size + align + kHeaderBytes);
  auto* block = static_cast<Block*>(std::malloc(bytes));
  FAIRLEAD_CHECK(block != nullptr);
  block->next = blocks_;
  blocks_ = block;
  heap_bytes_ += bytes;
  at_ = reinterpret_cast<std::byte*>(block) + kHeaderBytes;
  end_ = reinterpret_cast<std::byte*>(block) + bytes;
  return allocate(size, align);
}

void Arena::release() {
  while (blocks_ != nullptr) std::free(std::exchange(blocks_, blocks_->next));
  heap_bytes_ = 0;
  at_ = end_ = nullptr;
}

}  // namespace fairlead
