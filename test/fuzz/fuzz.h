// What the fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"

namespace fairlead::fuzz {

/// A copy in memory of exactly its size, so that a sanitizer sees the first byte read too many.
class Exact {
 public:
  Exact(const std::uint8_t* data, std::size_t size) : bytes_(data, data + size) {}
  explicit Exact(std::string_view text) : bytes_(text.begin(), text.end()) {}

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  char* data() { return reinterpret_cast<char*>(bytes_.data()); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace fairlead::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
