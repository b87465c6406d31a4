// A bump allocator whose contents die together, with their owner (an exchange, a connection, a plan).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fairlead {

/// Hands out memory that is freed all at once. The first block lives inside the arena's owner or is given to the
/// constructor, so an ordinary request never reaches malloc. Not thread-safe.
class Arena {
 public:
  Arena() = default;
  /// `first` is used before anything is allocated; it must outlive the arena.
  explicit Arena(std::span<std::byte> first) : at_(first.data()), end_(first.data() + first.size()) {}
  ~Arena() { release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Never null. `align` is a power of two, at most 16.
  void* allocate(std::size_t size, std::size_t align = alignof(std::max_align_t)) {
    auto start = (reinterpret_cast<std::uintptr_t>(at_) + align - 1) & ~(align - 1);
    if (at_ == nullptr || start + size > reinterpret_cast<std::uintptr_t>(end_)) return grow(size, align);
    at_ = reinterpret_cast<std::byte*>(start + size);
    return reinterpret_cast<void*>(start);
  }

  /// Builds a T that is never destroyed.
  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  /// Uninitialised room for `count` trivial Ts.
  template <class T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
  }

  std::string_view copy(std::string_view text) {
    char* bytes = array<char>(text.size());
    if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  /// The texts one after the other.
  template <class... Texts>
  std::string_view concat(const Texts&... texts) {
    const std::size_t size = (std::string_view(texts).size() + ... + 0);
    char* bytes = array<char>(size);
    char* to = bytes;
    ((to = append(to, std::string_view(texts))), ...);
    return {bytes, size};
  }

  /// Forgets everything but the first block, which starts anew at `first`.
  void reset(std::span<std::byte> first) {
    release();
    at_ = first.data();
    end_ = first.data() + first.size();
  }

  /// Bytes taken from malloc so far.
  std::size_t heap_bytes() const { return heap_bytes_; }

 private:
  struct Block {
    Block* next;
  };

  static char* append(char* to, std::string_view text) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  void* grow(std::size_t size, std::size_t align);
  void release();

  std::byte* at_ = nullptr;
  std::byte* end_ = nullptr;
  Block* blocks_ = nullptr;
  std::size_t heap_bytes_ = 0;
};

}  // namespace fairlead
