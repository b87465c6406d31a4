// Bytes of a request body that are kept because they are read more than once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "net/buffer.h"

namespace fairlead::exchange {

/// Part of a body, by offsets into the whole of it, in buffers of the worker. Views stay valid until the bytes are
/// dropped.
class HeldBody {
 public:
  explicit HeldBody(net::BufferPool& pool) : pool_(pool) {}

  /// What is held is [begin(), end()).
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }
  /// Bytes that the buffers take.
  std::uint64_t held_bytes() const { return capacity_; }

  void append(std::string_view bytes);
  /// The bytes from `offset` on that lie in one piece; empty at the end.
  std::string_view at(std::uint64_t offset) const;
  /// Gives up buffers of which nothing from `offset` on lies in.
  void drop_before(std::uint64_t offset);
  void clear() { drop_before(end_); }

 private:
  net::BufferPool& pool_;
  std::vector<net::Buffer> blocks_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t capacity_ = 0;
};

}  // namespace fairlead::exchange
