// The fields behind the last chunk (RFC 9112 section 7.1.2).
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/message.h"

namespace fairlead::codec::http1 {

/// True for fields that say something about framing, routing, authentication or the content, which only a head may say
/// (RFC 9110 section 6.5.1), for those a proxy manages, and for their aliases with underscores.
bool is_forbidden_trailer(const Header& field);

/// Gathers the section until its empty line has come, then parses it. The bytes are copied: the buffer they came in is
/// used for other things by the time trailers are forwarded.
class TrailerSection {
 public:
  enum class Outcome : std::uint8_t { kIncomplete, kComplete, kMalformed, kTooLarge };

  /// Begins a section; `fields` gets what may be forwarded, and its arena the bytes. Null: checked only for its end.
  void start(Headers* fields, std::uint32_t max_bytes);
  /// Takes bytes of [at, end); `at` moves behind what was taken. Nothing may follow an outcome other than kIncomplete.
  Outcome take(const char*& at, const char* end);

 private:
  void keep(char c);
  Outcome parse() const;

  Headers* fields_ = nullptr;
  std::uint32_t max_bytes_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t line_ = 0;  // where the current line starts
  char last_ = '\0';
  bool keeps_ = false;  // there is a field, and somebody who wants it
  char* bytes_ = nullptr;
  std::uint32_t capacity_ = 0;
};

}  // namespace fairlead::codec::http1
