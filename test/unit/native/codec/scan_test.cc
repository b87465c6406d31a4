#include "codec/scan.h"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::codec {
namespace {

using Scan = const char* (*)(const char*, const char*, const char*);

std::size_t plain(std::string_view text, bool (*allowed)(char)) {
  std::size_t at = 0;
  while (at < text.size() && allowed(text[at])) ++at;
  return at;
}

struct Pair {
  const char* name;
  Scan scan;
  bool (*allowed)(char);
  char filler;
};

constexpr Pair kPairs[] = {
    {"token", skip_token, +[](char c) { return is_token_char(c); }, 'x'},
    {"text", skip_text, +[](char c) { return is_text_char(c); }, '\t'},
    {"host", skip_host, +[](char c) { return is_host_char(c); }, 'H'},
    {"visible", skip_visible, +[](char c) { return is_visible_char(c); }, '/'},
};

TEST_CASE("blocks stop at the byte at which the byte test stops") {
  for (const Pair& pair : kPairs) {
    CAPTURE(pair.name);
    for (std::size_t size = 0; size <= 50; ++size) {
      for (std::size_t at = 0; at < size; at += at < 18 ? 1 : 7) {
        for (int byte = 0; byte < 256; ++byte) {
          // On the heap and of exact size, so that a sanitizer sees a read past the end.
          const std::string text =
              std::string(at, pair.filler) + static_cast<char>(byte) + std::string(size - at - 1, '-');
          const char* begin = text.data();
          const std::size_t expected = plain(text, pair.allowed);
          for (std::size_t from = 0; from <= expected; from += 5) {
            const auto run = static_cast<std::size_t>(pair.scan(begin, begin + from, begin + size) - begin);
            if (run != expected) FAIL_CHECK(size, " ", at, " ", byte, " ", from);
          }
        }
      }
    }
  }
}

TEST_CASE("only tchars are token characters") {
  const std::string_view marks = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool letter = byte < 128 && std::isalnum(byte) != 0;
    CHECK(is_token_char(c) == (letter || (c != '\0' && marks.find(c) != std::string_view::npos)));
  }
}

}  // namespace
}  // namespace fairlead::codec
