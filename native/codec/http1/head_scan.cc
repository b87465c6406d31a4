#include "codec/http1/head_scan.h"

#include <cstring>

namespace fairlead::codec::http1 {

HeadScan::Found HeadScan::search(std::string_view bytes) {
  while (searched_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + searched_, '\n', bytes.size() - searched_);
    if (found == nullptr) break;
    const auto feed = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    searched_ = feed + 1;
    if (feed == 0 || bytes[feed - 1] != '\r') return Found::kBareLineFeed;
    const bool is_empty = feed - line_ == 1;
    if (is_empty && line_ > 0) return Found::kEnd;
    line_ = searched_;
  }
  searched_ = bytes.size();
  return Found::kNothing;
}

}  // namespace fairlead::codec::http1
