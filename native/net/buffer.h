// Buffers of a worker: taken when bytes arrive, given back when they have left, never held by an idle connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace fairlead::net {

class BufferPool;

/// A run of bytes [begin, end) inside a block of `capacity()` bytes; owns the block. Move-only, one worker.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { release(); }
  Buffer(Buffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        block_(std::exchange(other.block_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      release();
      pool_ = std::exchange(other.pool_, nullptr);
      block_ = std::exchange(other.block_, nullptr);
      capacity_ = std::exchange(other.capacity_, 0);
      begin_ = std::exchange(other.begin_, 0);
      end_ = std::exchange(other.end_, 0);
    }
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  bool valid() const { return block_ != nullptr; }
  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  char* data() { return block_ + begin_; }
  std::string_view view() const { return {block_ + begin_, end_ - begin_}; }
  /// Free bytes in front of and behind the content.
  std::size_t headroom() const { return begin_; }
  std::span<char> tail() { return {block_ + end_, capacity_ - end_}; }

  /// Content starts `headroom` bytes into the block and is empty.
  void clear(std::size_t headroom = 0) { begin_ = end_ = headroom; }
  /// Bytes written to tail() become content.
  void commit(std::size_t bytes) { end_ += bytes; }
  /// Drops bytes from the front.
  void consume(std::size_t bytes) { begin_ += bytes; }
  /// Drops bytes from the back.
  void truncate(std::size_t size) { end_ = begin_ + size; }
  /// Extends the content to the front; the caller writes there. `bytes` <= headroom().
  char* prepend(std::size_t bytes) {
    begin_ -= bytes;
    return block_ + begin_;
  }
  void release();

 private:
  friend class BufferPool;
  Buffer(BufferPool& pool, char* block, std::size_t capacity) : pool_(&pool), block_(block), capacity_(capacity) {}

  BufferPool* pool_ = nullptr;
  char* block_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Free lists of two sizes. Not thread-safe; outlives its buffers.
class BufferPool {
 public:
  /// Room for a head and what comes with it, plus room to write a larger head in front of a body.
  static constexpr std::size_t kSmallBytes = 20 * 1024;
  /// Few system calls and wake-ups per megabyte for bulk bodies, and several of them fit the second-level cache.
  static constexpr std::size_t kLargeBytes = 256 * 1024;
  static constexpr std::size_t kHeadroom = 4 * 1024;
  /// While this much is in use, bulk() hands out small buffers.
  static constexpr std::size_t kBulkLimit = 64 * 1024 * 1024;

  /// At most `idle_limit` bytes stay allocated while unused.
  explicit BufferPool(std::size_t idle_limit) : idle_limit_(idle_limit) {}
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  Buffer small() { return take(small_, kSmallBytes); }
  Buffer large() { return take(large_, kLargeBytes); }
  /// For a body of which much is left: large as long as not too many bytes are in use, which many slow receivers would
  /// bring about, else small.
  Buffer bulk() { return used_ < kBulkLimit ? large() : small(); }
  /// A buffer of at least `bytes`; pooled when it fits.
  Buffer of(std::size_t bytes);
  /// Bytes handed out at the moment.
  std::size_t used_bytes() const { return used_; }
  /// Bytes kept for later.
  std::size_t idle_bytes() const { return idle_; }
  /// Calls `grown(argument)` whenever `step` more bytes are in use than at the last call of it or of note(): in the
  /// middle of a turn, so it must not touch what may be running.
  using Grown = void (*)(void* argument);
  void watch(std::size_t step, Grown grown, void* argument);
  /// The present use is known.
  void note() { mark_ = grown_ == nullptr ? ~std::size_t{0} : used_ + step_; }
  /// Memory is scarce: large buffers are as small as the others, and none is kept for later.
  void set_frugal(bool frugal);

 private:
  friend class Buffer;
  struct Free {
    Free* next;
  };
  Buffer take(Free*& list, std::size_t bytes);
  void grew();
  void free_idle();
  void give(char* block, std::size_t capacity);

  Free* small_ = nullptr;
  Free* large_ = nullptr;
  std::size_t idle_ = 0;
  std::size_t used_ = 0;
  std::size_t idle_limit_;
  std::size_t mark_ = ~std::size_t{0};
  std::size_t step_ = 0;
  Grown grown_ = nullptr;
  void* argument_ = nullptr;
  bool frugal_ = false;
};

}  // namespace fairlead::net
