// Remembers how far the end of a head was searched for, so that a head that arrives byte by byte costs linear time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead::codec::http1 {

/// Progress within one head; kept by the caller between calls with a growing buffer. Start a new one for each head.
class HeadScan {
 public:
  enum class Found : std::uint8_t { kNothing, kEnd, kBareLineFeed };

  /// True after the first call of search().
  bool started() const { return searched_ > 0; }
  /// No line has ended yet, so what there is belongs to the first line.
  bool in_first_line() const { return line_ == 0; }
  /// Looks at the bytes that came since the last call for the empty line that ends a head. One empty line in front of
  /// the first line is passed over.
  Found search(std::string_view bytes);

 private:
  std::size_t searched_ = 0;
  std::size_t line_ = 0;
};

}  // namespace fairlead::codec::http1
