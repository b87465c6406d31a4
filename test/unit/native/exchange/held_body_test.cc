#include "exchange/held_body.h"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using exchange::HeldBody;

namespace {

/// A body whose bytes tell where they stand.
std::string sample(std::size_t size) {
  std::string body;
  while (body.size() < size) body += std::to_string(body.size()) + ",";
  body.resize(size);
  return body;
}

/// What is held from `offset` on, piece by piece.
std::string rest(const HeldBody& held, std::uint64_t offset) {
  std::string all;
  for (;;) {
    const std::string_view piece = held.at(offset + all.size());
    if (piece.empty()) return all;
    all += piece;
  }
}

}  // namespace

TEST_CASE("bytes of a body are found by their offset, however they came") {
  net::BufferPool pool(1 << 20);
  HeldBody held(pool);
  CHECK(held.at(0).empty());
  const std::string body = sample(3'000'000);
  for (std::size_t at = 0, step = 1; at < body.size(); at += step, step = step * 3 + 1) {
    held.append(std::string_view(body).substr(at, step));
  }
  CHECK(held.end() == body.size());
  for (const std::size_t offset : {0UL, 1UL, 20'479UL, 20'480UL, 65'536UL, 2'999'999UL, 3'000'000UL}) {
    CAPTURE(offset);
    CHECK(rest(held, offset) == body.substr(offset));
  }
}

TEST_CASE("what is dropped is given back, buffer by buffer, and offsets stay what they were") {
  net::BufferPool pool(0);
  HeldBody held(pool);
  const std::string body = sample(500'000);
  for (std::size_t at = 0; at < body.size(); at += 10'000) held.append(std::string_view(body).substr(at, 10'000));
  CHECK(held.held_bytes() == pool.used_bytes());
  held.drop_before(300'000);
  CHECK(held.begin() <= 300'000);
  CHECK(rest(held, 300'000) == body.substr(300'000));
  held.drop_before(499'999);
  CHECK(rest(held, 499'999) == body.substr(499'999));
  held.clear();
  CHECK(held.held_bytes() == 0);
  CHECK(pool.used_bytes() == 0);
  held.append("more");
  CHECK(held.begin() == 500'000);
  CHECK(rest(held, 500'000) == "more");
}
