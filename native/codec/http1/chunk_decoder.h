// Decodes chunked bodies (RFC 9112 section 7.1), strictly: what another recipient might read differently is a fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec/http1/chunk_line.h"
#include "codec/http1/trailer_section.h"
#include "codec/message.h"

namespace fairlead::codec::http1 {

/// Bounds on what a chunked body may spend on anything but its payload, in bytes per message.
struct ChunkLimits {
  /// All chunk extensions together; they are read and dropped.
  std::uint32_t extensions = 16 * 1024;
  /// The trailer section.
  std::uint32_t trailers = 16 * 1024;
  /// Framing that may be spent before it has to be in proportion: beyond it, at least a quarter of all bytes must be
  /// payload. Two bytes a chunk are enough for that; a megabyte in single bytes is not. 0 = never asked.
  std::uint32_t free_overhead = 100 * 1024;
};

/// Decoder of one body after the other; fed with whatever has arrived. Holds no bytes of the body.
class ChunkDecoder {
 public:
  /// What one call has done.
  struct Step {
    /// Bytes taken off the input: all of it, unless the body has ended or there is a fault.
    std::size_t consumed = 0;
    /// Decoded bytes, inside the input.
    std::string_view payload;
    /// The body has ended; the bytes behind `consumed` belong to the next message.
    bool finished = false;
    /// The body is broken, see ChunkDecoder::fault(); `payload` is empty. No further call is allowed.
    bool fault = false;
  };

  /// Begins a body. Trailers are copied into the arena of `trailers` and added to it when the body ends, but for those
  /// that nobody may send in trailers; null: they are checked and dropped.
  void start(Headers* trailers, const ChunkLimits& limits = {});
  /// Decodes all of `input`. Chunks are moved together in place, so that however many there are, the payload is one
  /// run that can be framed anew.
  Step decode(std::span<char> input);
  /// False when the input may end here only because it was cut: the body is truncated.
  bool finished() const { return state_ == State::kFinished; }
  ChunkFault fault() const { return fault_; }

 private:
  enum class State : std::uint8_t { kLine, kData, kDataEnd, kDataLineFeed, kTrailers, kFinished, kFault };

  const char* take_line(const char* at, const char* end);
  const char* take_data(const char* at, const char* end, char*& payload_end);
  const char* take_data_end(const char* at);
  const char* take_trailers(const char* at, const char* end);
  const char* refuse(const char* at, ChunkFault fault);

  ChunkLimits limits_;
  State state_ = State::kFinished;
  ChunkFault fault_ = ChunkFault::kNone;
  ChunkLine line_;
  TrailerSection trailers_;
  std::uint64_t left_ = 0;      // bytes of the current chunk still to come
  std::uint64_t payload_ = 0;   // bytes so far
  std::uint64_t overhead_ = 0;  // bytes of lines and line ends so far
};

}  // namespace fairlead::codec::http1
