// Reads one HTTP/1 body from a stream and decodes it, whichever way it is framed.
#pragma once

#include <cstdint>

#include "codec/http1/chunk_decoder.h"
#include "codec/inbound.h"
#include "loop/task.h"
#include "net/buffer.h"
#include "net/stream.h"

namespace fairlead::codec::http1 {

/// Works for both sides; the caller translates its failures. Holds at most one buffer of its own.
class BodySource {
 public:
  enum class Failure : std::uint8_t { kNone, kTruncated, kMalformed, kTimeout, kBroken };
  /// A piece of the body, or why there is none. Empty data without `last`: nothing has arrived yet.
  struct Piece {
    BodyChunk chunk;
    Failure failure = Failure::kNone;
  };

  BodySource(net::Stream& stream, net::BufferPool& pool) : stream_(stream), pool_(pool) {}

  /// Begins a body. `received` holds what came behind the head; its block must stay until the body ends. Trailers are
  /// added to `trailers`, which may be null when there can be none. `limits` bounds chunked framing.
  void start(BodyKind kind, std::uint64_t length, net::Buffer& received, Headers* trailers,
             const ChunkLimits& limits = {});
  bool finished() const { return finished_; }
  std::uint64_t bytes() const { return bytes_; }

  /// Decodes what has arrived; never waits.
  Piece try_read();
  /// Waits for the next piece. `deadline` 0 = none.
  loop::Task<Piece> read(Nanos deadline);
  /// Bytes that are still to come from the socket as they are; 0 when that is not known or something lies in between.
  std::uint64_t raw_left() const {
    const bool as_it_is = kind_ == BodyKind::kLength && !finished_ && active_ != nullptr && active_->empty() &&
                          stream_.secure() == nullptr;
    return as_it_is ? remaining_ : 0;
  }
  net::Stream& stream() { return stream_; }
  /// `bytes` of raw_left() have been taken from the socket past us.
  void taken(std::uint64_t bytes);
  static Failure failure_of(const net::IoResult& result);
  /// True when bytes behind the body's end have been received.
  bool has_rest() const { return active_ != nullptr && !active_->empty(); }
  /// Moves what lies behind the end of the body into `into` and gives our own buffer back.
  void take_rest(net::Buffer& into);
  /// Gives the buffer back.
  void release();
  /// Bytes that our own buffer takes.
  std::uint64_t held_bytes() const { return own_.capacity(); }

 private:
  Piece take_counted();
  Piece take_chunked();
  Piece take_all();
  net::Buffer& prepare();
  loop::Task<loop::Wake> await_more(Nanos deadline);

  net::Stream& stream_;
  net::BufferPool& pool_;
  BodyKind kind_ = BodyKind::kNone;
  bool finished_ = true;
  std::uint64_t remaining_ = 0;
  std::uint64_t bytes_ = 0;
  net::Buffer* active_ = nullptr;  // `received`, then own_
  net::Buffer own_;
  ChunkDecoder decoder_;
};

}  // namespace fairlead::codec::http1
