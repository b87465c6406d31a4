// HTTP/1 towards a server: one request and its response over a pooled connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "codec/http1/body_source.h"
#include "codec/http1/head_parser.h"
#include "net/buffer.h"
#include "upstream/outbound.h"
#include "upstream/pool.h"

namespace fairlead::upstream {

class Http1Client final : public Outbound {
 public:
  /// Takes the connection; `pool` is where it may go back to. Heads and trailers use `arena`.
  Http1Client(net::BufferPool& buffers, Pool& pool, std::unique_ptr<Connection> connection, codec::Method method,
              Arena& arena);
  ~Http1Client() override;

  loop::Soon<Status> write_head(const codec::Request& request, const Forwarding& forwarding, std::string_view first,
                                bool last) override;
  loop::Soon<Status> write_body(std::string_view data, bool last) override;
  loop::Soon<Status> write_trailers(const codec::Headers& trailers) override;
  loop::Soon<Status> read_head(codec::Response& response, Nanos deadline) override;
  loop::Soon<Result<codec::BodyChunk>> read_body(Nanos deadline) override;
  Result<codec::BodyChunk> try_read_body() override;
  const codec::Headers& trailers() const override { return trailers_; }
  bool has_more() const override { return connection_ != nullptr && connection_->stream.is_readable(); }
  void abort() override;
  void finish() override;
  std::uint64_t bytes_read() const override { return body_ ? body_->bytes() : 0; }

  /// Bytes that our buffers take, those of the connection included.
  std::uint64_t held_bytes() const {
    return in_.capacity() + (body_ ? body_->held_bytes() : 0) + (connection_ ? connection_->stream.held_bytes() : 0);
  }

  // RawSide
  codec::RawRest raw_source() override;
  void raw_taken(std::uint64_t bytes) override { body_->taken(bytes); }
  Error raw_source_failed(const net::IoResult& result) override;
  codec::RawRest raw_sink() override;
  Error raw_sink_failed(const net::IoResult& result) override;

  /// After a 101: gives the connection away, with what the server has sent already; no buffer when that is nothing.
  std::unique_ptr<Connection> take_tunnel(net::Buffer& first);

 private:
  /// Rule of the house: a connection is used again only if this proves that both messages are complete and nothing else
  /// was said. Its default answer is no.
  bool reusable() const;
  bool make_room();
  Error broken() const;
  Result<codec::BodyChunk> translate(const codec::http1::BodySource::Piece& piece);
  loop::Task<Status> send(std::string_view bytes);
  /// Sends what is left of `out` (`unsent`), and then `first`.
  loop::Task<Status> write_rest(net::Buffer out, std::string_view unsent, std::string_view first, bool last);
  /// Reads and parses what is there of a head. Nothing: more must be waited for.
  std::optional<Status> advance(codec::Response& response, codec::http1::HeadScan& scan);
  void begin_body(const codec::Response& response);
  loop::Task<Status> read_rest(codec::Response& response, codec::http1::HeadScan scan, Nanos deadline);

  net::BufferPool& buffers_;
  LocalRef<Pool> pool_;
  std::unique_ptr<Connection> connection_;
  codec::Headers trailers_;
  net::Buffer in_;
  std::optional<codec::http1::BodySource> body_;
  codec::Method method_;
  codec::BodyKind out_ = codec::BodyKind::kNone;
  /// The request asked for another protocol: whatever came of it, the server may have gone on to speak it.
  bool upgrade_ = false;
  bool request_complete_ = false;
  bool response_started_ = false;
  bool head_complete_ = false;
  bool keep_alive_ = false;
  bool failed_ = false;
};

}  // namespace fairlead::upstream
