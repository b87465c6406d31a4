// The line in front of a chunk: its size and its extensions (RFC 9112 section 7.1.1).
#pragma once

#include <cstddef>
#include <cstdint>

namespace fairlead::codec::http1 {

/// Why a chunked body was refused.
enum class ChunkFault : std::uint8_t {
  kNone,
  kSizeMalformed,  // no digits, a sign, a prefix, white space
  kSizeOverflow,   // more than 16 digits or 2^63-1
  kExtensionMalformed,
  kExtensionsTooLarge,
  kLineEndMalformed,  // a CR without LF or a LF without CR
  kDataTooLong,       // the data is not followed by CRLF
  kTrailerMalformed,
  kTrailersTooLarge,
  kTooMuchOverhead,
  kCount
};

/// Lower-case words with underscores ("size_malformed"); "none" for kNone.
const char* chunk_fault_name(ChunkFault fault);

/// Takes the line byte by byte, so that it may be split anywhere. Extensions must be well-formed, and are forgotten.
class ChunkLine {
 public:
  /// Begins a line; extension_bytes() goes on counting.
  void restart() {
    state_ = State::kFirstDigit;
    size_ = 0;
    digits_ = 0;
  }
  /// Takes bytes of [at, end) up to the end of the line; returns behind the last byte taken. On a fault the byte that
  /// caused it is not taken.
  const char* take(const char* at, const char* end, ChunkFault& fault);
  /// The whole line has been taken.
  bool complete() const { return state_ == State::kComplete; }
  std::uint64_t size() const { return size_; }
  /// Bytes of extensions in all lines since construction.
  std::uint64_t extension_bytes() const { return extension_bytes_; }

 private:
  enum class State : std::uint8_t {
    kFirstDigit,
    kDigits,
    kBeforeName,  // behind ';'
    kName,
    kBehindName,   // white space behind the name
    kBeforeValue,  // behind '='
    kValue,
    kQuoted,
    kQuotedPair,  // behind a backslash
    kBehindQuoted,
    kBehindValue,  // white space behind a value
    kLineFeed,
    kComplete,
  };

  ChunkFault take_size(char c);
  ChunkFault take_extension(char c);
  bool end_element(char c);

  State state_ = State::kFirstDigit;
  std::uint8_t digits_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t extension_bytes_ = 0;
};

}  // namespace fairlead::codec::http1
