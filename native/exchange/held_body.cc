#include "exchange/held_body.h"

#include <algorithm>
#include <cstring>

namespace fairlead::exchange {
namespace {

// A body that has become this long is likely to go on, and gets larger buffers.
constexpr std::uint64_t kBulkBytes = 64 * 1024;

}  // namespace

void HeldBody::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (blocks_.empty() || blocks_.back().tail().empty()) {
      blocks_.push_back(end_ < kBulkBytes ? pool_.small() : pool_.bulk());
      blocks_.back().clear();
      capacity_ += blocks_.back().capacity();
    }
    net::Buffer& block = blocks_.back();
    const std::size_t count = std::min(bytes.size(), block.tail().size());
    std::memcpy(block.tail().data(), bytes.data(), count);
    block.commit(count);
    bytes.remove_prefix(count);
    end_ += count;
  }
}

std::string_view HeldBody::at(std::uint64_t offset) const {
  std::uint64_t start = begin_;
  for (const net::Buffer& block : blocks_) {
    if (offset < start + block.size()) return block.view().substr(static_cast<std::size_t>(offset - start));
    start += block.size();
  }
  return {};
}

void HeldBody::drop_before(std::uint64_t offset) {
  std::size_t count = 0;
  while (count < blocks_.size() && begin_ + blocks_[count].size() <= offset) {
    begin_ += blocks_[count].size();
    capacity_ -= blocks_[count].capacity();
    ++count;
  }
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace fairlead::exchange
