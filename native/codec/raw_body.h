// Bodies that can pass from one socket to the other as they are.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/error.h"
#include "net/stream.h"

namespace fairlead::codec {

/// The rest of a body when that is exactly the next `left` bytes of a socket: nothing decodes, encrypts or frames them,
/// and none of them lies in a buffer of ours. Without a stream the body is to be read and written piece by piece.
struct RawRest {
  net::Stream* stream = nullptr;
  std::uint64_t left = 0;
  /// Where it is written: how long (ns, 0 = for ever) the peer may take none of it.
  Nanos stall = 0;
};

/// A side of an exchange whose bodies may be moved past it. Whoever moves bytes tells of each, so that lengths and
/// counters stay exact at every moment; the body is ended as any other, by an empty last piece.
class RawSide {
 public:
  virtual ~RawSide() = default;
  /// What is left of the body that this side sends to us.
  virtual RawRest raw_source() { return {}; }
  virtual void raw_taken(std::uint64_t) {}
  /// What reading has failed with, in the words of read_body().
  virtual Error raw_source_failed(const net::IoResult& result) = 0;
  /// What is left of the body that this side gets from us.
  virtual RawRest raw_sink() { return {}; }
  virtual void raw_written(std::uint64_t) {}
  /// What writing has failed with, in the words of write_body().
  virtual Error raw_sink_failed(const net::IoResult& result) = 0;
};

}  // namespace fairlead::codec
