#include "upstream/http1_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "codec/http1/head_writer.h"

namespace fairlead::upstream {
namespace {

using codec::BodyKind;
using codec::http1::BodySource;
using Kind = net::IoResult::Kind;

constexpr Error kMalformed{Reason::kUpstreamMalformed, Origin::kUpstream, Retry::kNo};
// Bodies up to this size leave in one send with what frames them.
constexpr std::size_t kCopyBytes = 16 * 1024;
// What a server may say in one head. Larger than for clients: it is ours, and cookies add up.
constexpr codec::http1::HeadLimits kLimits{
    .max_head_bytes = 256 * 1024, .max_line_bytes = 16 * 1024, .max_fields = 500};
// A server may send as many small chunks as it likes: that is how events are streamed. Extensions and trailers stay
// bounded.
constexpr codec::http1::ChunkLimits kChunkLimits{.free_overhead = 0};

}  // namespace

Http1Client::Http1Client(net::BufferPool& buffers, Pool& pool, std::unique_ptr<Connection> connection,
                         codec::Method method, Arena& arena)
    : buffers_(buffers), pool_(&pool), connection_(std::move(connection)), trailers_(arena), method_(method) {}

Http1Client::~Http1Client() { finish(); }

/// The connection failed. Only before the first response byte, and on a connection that had been idle, can the cause be
/// that the server had closed it already.
Error Http1Client::broken() const {
  const bool stale = connection_ != nullptr && connection_->reused && !response_started_;
  return {Reason::kUpstreamReset, Origin::kUpstream, stale ? Retry::kIfReused : Retry::kNo};
}

loop::Task<Status> Http1Client::send(std::string_view bytes) {
  const net::IoResult sent = co_await connection_->stream.write_all(bytes, 0);
  if (sent.ok()) co_return Unit{};
  failed_ = true;
  co_return broken();
}

loop::Soon<Status> Http1Client::write_head(const codec::Request& request, const Forwarding& forwarding,
                                           std::string_view first, bool last) {
  using namespace codec::http1;
  const RequestTarget target{forwarding.host, forwarding.path_prefix};
  const bool together = first.size() <= kCopyBytes;
  net::Buffer out = buffers_.of(request_head_bound(request, target) + (together ? first.size() + 64 : 0));
  out.clear();
  out_ = request.body;
  upgrade_ = request.wants_upgrade;
  char* at = write_request_head(out.tail().data(), request, target);
  if (together && !first.empty()) {
    at = out_ == BodyKind::kChunked ? put_chunk(at, first) : put(at, first);
  }
  const bool ends = last && (together || first.empty());
  if (ends && out_ == BodyKind::kChunked) {
    at = put(at, kLastChunk);
  }
  out.commit(static_cast<std::size_t>(at - out.data()));
  if (together) first = {};
  std::string_view unsent = out.view();
  net::IoResult written;
  if (!connection_->stream.write_now(unsent, written)) return write_rest(std::move(out), unsent, first, last);
  if (!written.ok()) {
    failed_ = true;
    return broken();
  }
  request_complete_ = ends;
  out.release();
  if (first.empty()) return Unit{};
  return write_body(first, last);
}

loop::Task<Status> Http1Client::write_rest(net::Buffer out, std::string_view unsent, std::string_view first,
                                           bool last) {
  Status sent = co_await send(unsent);
  out.release();
  if (!sent.ok()) co_return sent;
  if (first.empty()) {
    request_complete_ = last;
  } else {
    sent = co_await write_body(first, last);
  }
  co_return sent;
}

loop::Soon<Status> Http1Client::write_body(std::string_view data, bool last) {
  using namespace codec::http1;
  Status sent = Unit{};
  if (!data.empty()) {
    if (out_ != BodyKind::kChunked) {
      sent = co_await send(data);
    } else if (data.size() <= kCopyBytes) {
      net::Buffer out = buffers_.small();
      out.clear();
      char* const end = put_chunk(out.tail().data(), data);
      out.commit(static_cast<std::size_t>(end - out.data()));
      sent = co_await send(out.view());
    } else {
      char line[kChunkLineBytes];
      const auto size = static_cast<std::size_t>(write_chunk_line(line, data.size()) - line);
      sent = co_await send({line, size});
      if (sent.ok()) sent = co_await send(data);
      if (sent.ok()) sent = co_await send(kChunkEnd);
    }
  }
  if (sent.ok() && last && out_ == BodyKind::kChunked) sent = co_await send(kLastChunk);
  request_complete_ |= sent.ok() && last;
  co_return sent;
}

loop::Soon<Status> Http1Client::write_trailers(const codec::Headers& trailers) {
  if (out_ == BodyKind::kChunked) {
    net::Buffer out = buffers_.of(codec::http1::trailers_bound(trailers));
    out.clear();
    char* const end = codec::http1::write_trailers(out.tail().data(), trailers);
    out.commit(static_cast<std::size_t>(end - out.data()));
    const Status sent = co_await send(out.view());
    if (!sent.ok()) co_return sent;
  }
  request_complete_ = true;
  co_return Unit{};
}

bool Http1Client::make_room() {
  if (!in_.tail().empty()) return true;
  if (in_.size() >= kLimits.max_head_bytes) return false;
  net::Buffer larger = buffers_.of(std::min<std::size_t>(in_.size() * 4, kLimits.max_head_bytes + kCopyBytes));
  larger.clear();
  std::memcpy(larger.tail().data(), in_.data(), in_.size());
  larger.commit(in_.size());
  in_ = std::move(larger);
  return true;
}

loop::Soon<Status> Http1Client::read_head(codec::Response& response, Nanos deadline) {
  codec::http1::HeadScan scan;
  const std::optional<Status> result = advance(response, scan);
  if (result) return *result;
  return read_rest(response, scan, deadline);
}

std::optional<Status> Http1Client::advance(codec::Response& response, codec::http1::HeadScan& scan) {
  for (;;) {
    if (in_.valid() && !in_.empty()) {
      std::size_t consumed = 0;
      codec::HeadFault fault = codec::HeadFault::kNone;
      const auto outcome = parse_response_head(in_.view(), kLimits, scan, method_, response, consumed, fault);
      if (outcome == codec::http1::ParseOutcome::kComplete) {
        in_.consume(consumed);
        if (response.status >= 200) begin_body(response);
        return Unit{};
      }
      if (outcome == codec::http1::ParseOutcome::kBad || !make_room()) {
        failed_ = true;
        return kMalformed;
      }
    } else {
      if (!connection_->stream.maybe_readable()) return std::nullopt;
      // New, or filled to its end by interim heads that are done with.
      if (!in_.valid()) in_ = buffers_.small();
      in_.clear();
    }
    const net::IoResult got = connection_->stream.try_read(in_.tail());
    if (got.kind == Kind::kAgain) return std::nullopt;
    if (!got.ok()) {
      failed_ = true;
      return broken();
    }
    response_started_ = true;
    in_.commit(got.count);
  }
}

void Http1Client::begin_body(const codec::Response& response) {
  head_complete_ = true;
  keep_alive_ = response.keep_alive;
  body_.emplace(connection_->stream, buffers_);
  body_->start(response.body, response.content_length, in_, &trailers_, kChunkLimits);
}

loop::Task<Status> Http1Client::read_rest(codec::Response& response, codec::http1::HeadScan scan, Nanos deadline) {
  for (;;) {
    // Nothing is held while a server thinks about its answer.
    if (in_.empty()) in_.release();
    const loop::Wake wake = co_await connection_->stream.readable(deadline);
    if (wake != loop::Wake::kReady) {
      failed_ = true;
      if (wake == loop::Wake::kTimeout) co_return Error{Reason::kUpstreamHeadTimeout, Origin::kUpstream, Retry::kNo};
      co_return broken();
    }
    const std::optional<Status> result = advance(response, scan);
    if (result) co_return *result;
  }
}

Result<codec::BodyChunk> Http1Client::translate(const BodySource::Piece& piece) {
  if (piece.failure == BodySource::Failure::kNone) return piece.chunk;
  failed_ = true;
  const bool late = piece.failure == BodySource::Failure::kTimeout;
  return Error{late ? Reason::kUpstreamIdleTimeout : Reason::kUpstreamTruncated, Origin::kUpstream, Retry::kNo};
}

Result<codec::BodyChunk> Http1Client::try_read_body() { return translate(body_->try_read()); }

loop::Soon<Result<codec::BodyChunk>> Http1Client::read_body(Nanos deadline) {
  const BodySource::Piece piece = co_await body_->read(deadline);
  co_return translate(piece);
}

codec::RawRest Http1Client::raw_source() {
  if (connection_ == nullptr || !body_) return {};
  return {.stream = &connection_->stream, .left = body_->raw_left()};
}

Error Http1Client::raw_source_failed(const net::IoResult& result) {
  return translate({{}, BodySource::failure_of(result)}).error();
}

// The length of the request's body is the client's, and counted there.
codec::RawRest Http1Client::raw_sink() {
  if (connection_ == nullptr || out_ != BodyKind::kLength || connection_->stream.secure() != nullptr) return {};
  return {&connection_->stream, ~std::uint64_t{0}};
}

Error Http1Client::raw_sink_failed(const net::IoResult&) {
  failed_ = true;
  return broken();
}

void Http1Client::abort() {
  failed_ = true;
  if (connection_ != nullptr) ::shutdown(connection_->stream.descriptor().fd(), SHUT_RDWR);
}

bool Http1Client::reusable() const {
  return !failed_ && !upgrade_ && request_complete_ && head_complete_ && keep_alive_ && body_ && body_->finished() &&
         !body_->has_rest() && !connection_->stream.has_unsent();
}

void Http1Client::finish() {
  if (connection_ == nullptr) return;
  if (reusable()) {
    pool_->give(std::move(connection_));
  } else {
    connection_.reset();
  }
}

std::unique_ptr<Connection> Http1Client::take_tunnel(net::Buffer& first) {
  first = std::move(in_);
  if (first.empty()) first.release();  // tunnels are idle for long
  return std::move(connection_);
}

}  // namespace fairlead::upstream
