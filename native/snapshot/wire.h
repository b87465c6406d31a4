// Read-in-place views over an encoded snapshot.
//
// Offsets count from the slot that holds them, so a view needs no base pointer and may not be copied away from its
// bytes. Texts may lie before their slot, as equal ones share their bytes; lists lie behind it, so that none can hold itself. verify() runs once, when a snapshot is loaded; afterwards every accessor is unchecked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace fairlead::wire {

/// The bytes of one snapshot.
struct Bounds {
  const std::byte* begin;
  const std::byte* end;

  /// True when [at, at + size) lies inside. Compared as integers: `at` may be anything.
  bool contain(const void* at, std::size_t size) const {
    const auto first = reinterpret_cast<std::uintptr_t>(at);
    const auto low = reinterpret_cast<std::uintptr_t>(begin);
    const auto high = reinterpret_cast<std::uintptr_t>(end);
    return first >= low && first <= high && size <= high - first;
  }
};

/// One byte that must be 0 or 1.
class Bool {
 public:
  operator bool() const { return value_ != 0; }
  bool verify(const Bounds&) const { return value_ <= 1; }

 private:
  std::uint8_t value_;
};
static_assert(sizeof(Bool) == 1);

class Slot {
 public:
  Slot() = default;
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 protected:
  const std::byte* target() const { return reinterpret_cast<const std::byte*>(this) + offset_; }
  std::uint32_t length() const { return length_; }
  bool lies_ahead() const { return offset_ > 0; }

 private:
  std::int32_t offset_ = 0;
  std::uint32_t length_ = 0;
};

/// UTF-8 text that lives in the snapshot.
class Text : Slot {
 public:
  operator std::string_view() const { return view(); }
  std::string_view view() const { return {reinterpret_cast<const char*>(target()), length()}; }
  bool empty() const { return length() == 0; }
  bool verify(const Bounds& bounds) const { return length() == 0 || bounds.contain(target(), length()); }
};

template <class T>
class List : Slot {
 public:
  const T* begin() const { return reinterpret_cast<const T*>(target()); }
  const T* end() const { return begin() + length(); }
  std::uint32_t size() const { return length(); }
  bool empty() const { return length() == 0; }
  const T& operator[](std::size_t index) const { return begin()[index]; }

  bool verify(const Bounds& bounds) const {
    if (length() == 0) return true;
    if (!lies_ahead()) return false;
    if (reinterpret_cast<std::uintptr_t>(target()) % alignof(T) != 0) return false;
    if (!bounds.contain(target(), std::size_t{length()} * sizeof(T))) return false;
    if constexpr (!std::is_arithmetic_v<T>) {
      for (const T& item : *this) {
        if (!item.verify(bounds)) return false;
      }
    }
    return true;
  }
};

}  // namespace fairlead::wire
