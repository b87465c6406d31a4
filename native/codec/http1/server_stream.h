// HTTP/1 towards a client: one request after the other from one stream.
#pragma once

#include <cstdint>
#include <optional>

#include "codec/head_fault.h"
#include "codec/http1/body_source.h"
#include "codec/http1/head_parser.h"
#include "codec/http1/head_writer.h"
#include "codec/inbound.h"
#include "net/buffer.h"
#include "net/stream.h"

namespace fairlead::codec::http1 {

/// What came of waiting for a request head.
enum class HeadResult : std::uint8_t {
  kRequest,   // the request is filled
  kNothing,   // no byte of a head has arrived and none waits: idle
  kClosed,    // the client has closed, or the connection broke, with or without part of a head
  kTimeout,   // the head did not arrive in time
  kMalformed  // see fault()
};

class ServerStream final : public Inbound {
 public:
  ServerStream(net::Stream& stream, net::BufferPool& pool) : stream_(stream), pool_(pool), body_(stream, pool) {}

  /// Reads the next head; returns kNothing instead of waiting for its first byte. Views of `request` stay valid until
  /// end_exchange().
  loop::Soon<HeadResult> read_head(Request& request, const HeadLimits& limits, Nanos deadline);
  HeadFault fault() const { return fault_; }
  /// Bytes of a next request have been received already.
  bool has_received() const { return in_.valid() && !in_.empty(); }
  /// No request follows on this connection: the next response says so.
  void close_after_response() { closing_ = true; }
  /// The connection may carry another request: the last one was read to its end and answered, and nobody said close.
  bool reusable() const { return !closing_ && body_.finished() && written_all_; }
  /// Forgets the exchange; what has been received of the next request stays.
  void end_exchange();
  /// The Date field for a time since 1970, made once per second and thread.
  static std::string_view date(Nanos wall);
  /// Longest time the client may take none of a response, ns.
  void set_write_stall(Nanos stall) { stall_ = stall; }
  /// Bytes that our buffers take.
  std::uint64_t held_bytes() const { return in_.capacity() + body_.held_bytes(); }
  /// Takes the bytes behind the head: the first of a tunnel.
  net::Buffer take_received();

  // Inbound
  loop::Soon<Result<BodyChunk>> read_body(Nanos deadline) override;
  Result<BodyChunk> try_read_body() override;
  const Headers& trailers() const override { return *trailers_; }
  bool body_finished() const override { return body_.finished(); }
  loop::Soon<Status> write_interim(const Response& response) override;
  loop::Soon<Status> write_head(const Response& response, std::string_view first, bool last) override;
  loop::Soon<Status> write_body(std::string_view data, bool last) override;
  loop::Soon<Status> write_trailers(const Headers& trailers) override;
  bool head_written() const override { return head_written_; }
  std::uint64_t bytes_read() const override { return body_.bytes(); }
  std::uint64_t bytes_written() const override { return bytes_written_; }

  // RawSide
  RawRest raw_source() override { return {&stream_, body_.raw_left()}; }
  void raw_taken(std::uint64_t bytes) override { body_.taken(bytes); }
  Error raw_source_failed(const net::IoResult& result) override;
  RawRest raw_sink() override;
  void raw_written(std::uint64_t bytes) override;
  Error raw_sink_failed(const net::IoResult& result) override { return outcome(result).error(); }

 private:
  bool make_room(const HeadLimits& limits);
  /// Reads and parses what is there. Nothing: part of a head has come, and more must be waited for.
  std::optional<HeadResult> advance(Request& request, const HeadLimits& limits, HeadScan& scan);
  loop::Task<HeadResult> read_rest(Request& request, HeadLimits limits, HeadScan scan, Nanos deadline);
  void begin_exchange(Request& request);
  ResponseFraming frame(const Response& response);
  Result<BodyChunk> translate(const BodySource::Piece& piece) const;
  Status outcome(const net::IoResult& sent);
  loop::Task<Status> send(std::string_view bytes);
  /// Sends what is left of `out` (`unsent`), and then `first`.
  loop::Task<Status> write_rest(net::Buffer out, std::string_view unsent, std::string_view first, bool last);
  Status end_message();

  net::Stream& stream_;
  net::BufferPool& pool_;
  net::Buffer in_;
  BodySource body_;
  Headers* trailers_ = nullptr;  // in the exchange's arena
  Nanos stall_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t owed_ = 0;  // bytes of a Content-Length body that are still to be written
  HeadFault fault_ = HeadFault::kNone;
  std::uint8_t minor_version_ = 1;
  BodyKind out_ = BodyKind::kNone;
  bool head_method_ = false;
  bool discards_body_ = false;
  bool closing_ = false;
  bool head_written_ = false;
  bool written_all_ = false;
};

}  // namespace fairlead::codec::http1
