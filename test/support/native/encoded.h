// Records written by the real TypeScript encoder (test/fixtures), so that a test proves the border as well.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "snapshot/wire.h"

namespace fairlead::test {

/// One encoded record and the bytes it lives in. Moving keeps the record where it is.
template <class T>
class Encoded {
 public:
  /// Copies `bytes` to aligned memory; the record must verify.
  explicit Encoded(const std::vector<char>& bytes)
      : size_(bytes.size()), words_(std::make_unique<std::uint64_t[]>(bytes.size() / 8 + 1)) {
    std::memcpy(words_.get(), bytes.data(), bytes.size());
    REQUIRE(size_ >= sizeof(T));
    REQUIRE(get()->verify({begin(), begin() + size_}));
  }

  const T* get() const { return reinterpret_cast<const T*>(words_.get()); }
  const T& operator*() const { return *get(); }
  const T* operator->() const { return get(); }

 private:
  const std::byte* begin() const { return reinterpret_cast<const std::byte*>(words_.get()); }

  std::size_t size_;
  std::unique_ptr<std::uint64_t[]> words_;
};

/// Loads test/fixtures/<name>. Tests run in the root of the project.
template <class T>
Encoded<T> encoded(const std::string& name) {
  std::ifstream file("test/fixtures/" + name, std::ios::binary);
  INFO("run `node --import tsx test/fixtures/generate.ts` to write ", name);
  REQUIRE(file.good());
  return Encoded<T>(std::vector<char>(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace fairlead::test
