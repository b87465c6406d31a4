// A growable run of bytes, for output whose size is not known beforehand.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace fairlead {

/// Owns its memory and keeps it when cleared. Not thread-safe.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer() { std::free(data_); }
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  /// Room for at least `more` bytes behind the content; commit() makes them part of it.
  char* reserve(std::size_t more) {
    if (capacity_ - size_ < more) grow(more);
    return data_ + size_;
  }
  void commit(std::size_t bytes) { size_ += bytes; }
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(reserve(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void push(char c) {
    *reserve(1) = c;
    ++size_;
  }
  void clear() { size_ = 0; }
  /// Drops the first `bytes` bytes.
  void consume(std::size_t bytes) {
    size_ -= bytes;
    if (size_ > 0) std::memmove(data_, data_ + bytes, size_);
  }

  char* data() { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }

 private:
  void grow(std::size_t more) {
    std::size_t capacity = capacity_ == 0 ? 512 : capacity_ * 2;
    while (capacity - size_ < more) capacity *= 2;
    data_ = static_cast<char*>(std::realloc(data_, capacity));
    FAIRLEAD_CHECK(data_ != nullptr);
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace fairlead
