#include "net/buffer.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

using fairlead::net::Buffer;
using fairlead::net::BufferPool;

namespace {

void fill(Buffer& buffer, std::string_view text) {
  REQUIRE(text.size() <= buffer.tail().size());
  std::memcpy(buffer.tail().data(), text.data(), text.size());
  buffer.commit(text.size());
}

}  // namespace

TEST_CASE("a buffer holds a run of bytes that grows and shrinks at both ends") {
  BufferPool pool(1 << 20);
  Buffer buffer = pool.small();
  buffer.clear(8);
  CHECK(buffer.empty());
  CHECK(buffer.headroom() == 8);
  CHECK(buffer.tail().size() == BufferPool::kSmallBytes - 8);

  fill(buffer, "hello world");
  std::memcpy(buffer.prepend(3), "-> ", 3);
  CHECK(buffer.view() == "-> hello world");
  buffer.consume(3);
  buffer.truncate(5);
  CHECK(buffer.view() == "hello");
  CHECK(buffer.size() == 5);
  buffer.clear();
  CHECK(buffer.tail().size() == BufferPool::kSmallBytes);
}

TEST_CASE("a buffer that holds nothing is empty everywhere") {
  Buffer none;
  CHECK_FALSE(none.valid());
  CHECK(none.view().empty());
  CHECK(none.tail().empty());
  none.release();
}

TEST_CASE("sizes: small and large ones are pooled, others fit exactly") {
  BufferPool pool(1 << 20);
  CHECK(pool.of(1).capacity() == BufferPool::kSmallBytes);
  CHECK(pool.of(BufferPool::kSmallBytes).capacity() == BufferPool::kSmallBytes);
  CHECK(pool.of(BufferPool::kSmallBytes + 1).capacity() == BufferPool::kLargeBytes);
  CHECK(pool.of(BufferPool::kLargeBytes).capacity() == BufferPool::kLargeBytes);
  CHECK(pool.of(BufferPool::kLargeBytes + 1).capacity() == BufferPool::kLargeBytes + 1);
  CHECK(pool.used_bytes() == 0);
}

TEST_CASE("blocks are used again, last one first") {
  BufferPool pool(1 << 20);
  const char* first = nullptr;
  {
    Buffer buffer = pool.small();
    first = buffer.data();
    CHECK(pool.used_bytes() == BufferPool::kSmallBytes);
  }
  CHECK(pool.used_bytes() == 0);
  Buffer again = pool.small();
  CHECK(again.data() == first);
  const Buffer large = pool.large();
  CHECK(pool.used_bytes() == BufferPool::kSmallBytes + BufferPool::kLargeBytes);
}

TEST_CASE("no more than the limit is kept while idle, of both sizes together") {
  constexpr std::size_t kLimit = BufferPool::kLargeBytes + 2 * BufferPool::kSmallBytes;
  BufferPool pool(kLimit);
  std::vector<Buffer> taken;
  for (int i = 0; i < 4; ++i) taken.push_back(pool.small());
  taken.push_back(pool.large());
  taken.push_back(pool.of(BufferPool::kLargeBytes * 2));
  taken.clear();
  CHECK(pool.used_bytes() == 0);
  CHECK(pool.idle_bytes() <= kLimit);
  CHECK(pool.idle_bytes() > 0);

  BufferPool none(0);
  { const Buffer buffer = none.small(); }
  CHECK(none.idle_bytes() == 0);
}

TEST_CASE("bulk buffers are large until too much is in use") {
  BufferPool pool(0);
  std::vector<Buffer> taken;
  while (pool.used_bytes() < BufferPool::kBulkLimit) {
    taken.push_back(pool.bulk());
    REQUIRE(taken.back().capacity() == BufferPool::kLargeBytes);
  }
  CHECK(pool.bulk().capacity() == BufferPool::kSmallBytes);
  taken.pop_back();
  CHECK(pool.bulk().capacity() == BufferPool::kLargeBytes);
}

TEST_CASE("moving hands the block over, once") {
  BufferPool pool(1 << 20);
  Buffer one = pool.small();
  one.clear();
  fill(one, "one");
  Buffer other = std::move(one);
  CHECK_FALSE(one.valid());
  CHECK(other.view() == "one");
  other = pool.large();
  CHECK(pool.used_bytes() == BufferPool::kLargeBytes);
  Buffer& same = other;
  other = std::move(same);
  CHECK(other.valid());
  other.release();
  other.release();
  CHECK(pool.used_bytes() == 0);
}
