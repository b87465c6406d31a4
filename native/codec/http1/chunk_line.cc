#include "codec/http1/chunk_line.h"

#include "base/ascii.h"
#include "codec/scan.h"

namespace fairlead::codec::http1 {
namespace {

constexpr std::uint8_t kMaxDigits = 16;
constexpr std::uint64_t kMaxSize = 0x7FFFFFFFFFFFFFFF;

constexpr const char* kNames[] = {
    "none",
    "size_malformed",
    "size_overflow",
    "extension_malformed",
    "extensions_too_large",
    "line_end_malformed",
    "data_too_long",
    "trailer_malformed",
    "trailers_too_large",
    "too_much_overhead",
};
static_assert(sizeof(kNames) / sizeof(kNames[0]) == static_cast<std::size_t>(ChunkFault::kCount));

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_line_char(char c) { return c == '\r' || c == '\n'; }

}  // namespace

const char* chunk_fault_name(ChunkFault fault) { return kNames[static_cast<std::size_t>(fault)]; }

const char* ChunkLine::take(const char* at, const char* end, ChunkFault& fault) {
  while (at != end && !complete()) {
    fault = state_ <= State::kDigits ? take_size(*at) : take_extension(*at);
    if (fault != ChunkFault::kNone) return at;
    ++at;
  }
  return at;
}

ChunkFault ChunkLine::take_size(char c) {
  const int digit = ascii::hex_value(c);
  if (digit >= 0) {
    if (++digits_ > kMaxDigits) return ChunkFault::kSizeOverflow;
    size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
    state_ = State::kDigits;
    return ChunkFault::kNone;
  }
  if (state_ == State::kFirstDigit) return ChunkFault::kSizeMalformed;
  if (size_ > kMaxSize) return ChunkFault::kSizeOverflow;
  if (end_element(c)) return ChunkFault::kNone;
  return c == '\n' ? ChunkFault::kLineEndMalformed : ChunkFault::kSizeMalformed;
}

/// ';' and CR end the size, a name and a value alike.
bool ChunkLine::end_element(char c) {
  if (c != ';' && c != '\r') return false;
  state_ = c == ';' ? State::kBeforeName : State::kLineFeed;
  return true;
}

ChunkFault ChunkLine::take_extension(char c) {
  ++extension_bytes_;
  const auto become = [this](State next) {
    state_ = next;
    return ChunkFault::kNone;
  };
  const auto refuse = [c] { return is_line_char(c) ? ChunkFault::kLineEndMalformed : ChunkFault::kExtensionMalformed; };
  switch (state_) {
    case State::kBeforeName:
      if (is_blank(c)) return ChunkFault::kNone;
      return is_token_char(c) ? become(State::kName) : ChunkFault::kExtensionMalformed;
    case State::kName:
      if (is_token_char(c) || end_element(c)) return ChunkFault::kNone;
      if (c == '=') return become(State::kBeforeValue);
      return is_blank(c) ? become(State::kBehindName) : refuse();
    case State::kBehindName:
      if (is_blank(c)) return ChunkFault::kNone;
      if (c == '=') return become(State::kBeforeValue);
      return c == ';' ? become(State::kBeforeName) : refuse();
    case State::kBeforeValue:
      if (is_blank(c)) return ChunkFault::kNone;
      if (c == '"') return become(State::kQuoted);
      return is_token_char(c) ? become(State::kValue) : refuse();
    case State::kValue:
      if (is_token_char(c) || end_element(c)) return ChunkFault::kNone;
      return is_blank(c) ? become(State::kBehindValue) : refuse();
    case State::kQuoted:
      if (c == '"') return become(State::kBehindQuoted);
      if (c == '\\') return become(State::kQuotedPair);
      return is_text_char(c) ? ChunkFault::kNone : refuse();
    case State::kQuotedPair:
      return is_text_char(c) ? become(State::kQuoted) : refuse();
    case State::kBehindQuoted:
      if (end_element(c)) return ChunkFault::kNone;
      return is_blank(c) ? become(State::kBehindValue) : refuse();
    case State::kBehindValue:
      if (is_blank(c)) return ChunkFault::kNone;
      return c == ';' ? become(State::kBeforeName) : refuse();
    case State::kLineFeed:
      --extension_bytes_;
      return c == '\n' ? become(State::kComplete) : ChunkFault::kLineEndMalformed;
    case State::kFirstDigit:
    case State::kDigits:
    case State::kComplete:
      break;
  }
  return ChunkFault::kNone;
}

}  // namespace fairlead::codec::http1
