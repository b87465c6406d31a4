// Records made in memory, for tests and benchmarks that need many of them or broken ones. What a test can take from the
// real encoder it takes from test/fixtures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace fairlead::test {

/// Lays out bytes as lib/snapshot/wire.ts does. Places are offsets from the start; the first record lies at 0.
class WireWriter {
 public:
  /// Zeroed room for `count` Ts, aligned; returns its place.
  template <class T>
  std::size_t reserve(std::size_t count = 1) {
    const std::size_t at = (bytes_.size() + alignof(T) - 1) / alignof(T) * alignof(T);
    bytes_.resize(at + count * sizeof(T));
    return at;
  }

  /// Writes a number at `at`.
  template <class V>
  void put(std::size_t at, V value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }

  /// Points the wire::Text at `slot` to a copy of `text`.
  void text(std::size_t slot, std::string_view text) {
    const std::size_t at = bytes_.size();
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    span(slot, at, text.size());
  }

  /// Points the wire::List<T> at `slot` to `count` zeroed Ts; returns the place of the first.
  template <class T>
  std::size_t list(std::size_t slot, std::size_t count) {
    const std::size_t at = reserve<T>(count);
    span(slot, at, count);
    return at;
  }

  const std::vector<char>& bytes() const { return bytes_; }

 private:
  void span(std::size_t slot, std::size_t at, std::size_t length) {
    put(slot, static_cast<std::uint32_t>(at - slot));
    put(slot + 4, static_cast<std::uint32_t>(length));
  }

  std::vector<char> bytes_;
};

}  // namespace fairlead::test
