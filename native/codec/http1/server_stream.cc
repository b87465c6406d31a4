#include "codec/http1/server_stream.h"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace fairlead::codec::http1 {
namespace {

using Kind = net::IoResult::Kind;

constexpr Error kGone{Reason::kClientClosed, Origin::kClient, Retry::kNo};
constexpr Error kStalled{Reason::kWriteTimeout, Origin::kClient, Retry::kNo};
// A server's own body was shorter or longer than it said.
constexpr Error kMiscounted{Reason::kUpstreamTruncated, Origin::kUpstream, Retry::kNo};

// Pieces up to this size are copied behind their framing so that one send carries both.
constexpr std::size_t kCopyBytes = 16 * 1024;

}  // namespace

/// Doubles the head's buffer when it is full. False: the limit has been reached.
bool ServerStream::make_room(const HeadLimits& limits) {
  if (!in_.tail().empty()) return true;
  if (in_.size() >= limits.max_head_bytes) return false;
  net::Buffer larger = pool_.of(std::min<std::size_t>(in_.size() * 2, limits.max_head_bytes + kCopyBytes));
  larger.clear();
  std::memcpy(larger.tail().data(), in_.data(), in_.size());
  larger.commit(in_.size());
  in_ = std::move(larger);
  return true;
}

loop::Soon<HeadResult> ServerStream::read_head(Request& request, const HeadLimits& limits, Nanos deadline) {
  HeadScan scan;
  fault_ = HeadFault::kNone;
  const std::optional<HeadResult> result = advance(request, limits, scan);
  if (result) return *result;
  return read_rest(request, limits, scan, deadline);
}

std::optional<HeadResult> ServerStream::advance(Request& request, const HeadLimits& limits, HeadScan& scan) {
  for (;;) {
    if (has_received()) {
      std::size_t consumed = 0;
      const ParseOutcome outcome = parse_request_head(in_.view(), limits, scan, request, consumed, fault_);
      if (outcome == ParseOutcome::kBad) {
        // Its refusal must have no body either, as far as the method could be made out.
        head_method_ = request.method == Method::kHead;
        return HeadResult::kMalformed;
      }
      if (outcome == ParseOutcome::kComplete) {
        in_.consume(consumed);
        begin_exchange(request);
        return HeadResult::kRequest;
      }
      if (!make_room(limits)) {
        fault_ = HeadFault::kHeadTooLarge;
        return HeadResult::kMalformed;
      }
    } else if (!in_.valid()) {
      in_ = pool_.small();
      in_.clear();
    }
    const net::IoResult got = stream_.try_read(in_.tail());
    if (got.kind == Kind::kAgain) {
      if (!in_.empty()) return std::nullopt;
      in_.release();
      return HeadResult::kNothing;
    }
    if (!got.ok()) return HeadResult::kClosed;
    in_.commit(got.count);
  }
}

loop::Task<HeadResult> ServerStream::read_rest(Request& request, HeadLimits limits, HeadScan scan, Nanos deadline) {
  for (;;) {
    const loop::Wake wake = co_await stream_.readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return HeadResult::kTimeout;
    if (wake == loop::Wake::kHangup) co_return HeadResult::kClosed;
    const std::optional<HeadResult> result = advance(request, limits, scan);
    if (result) co_return *result;
  }
}

void ServerStream::begin_exchange(Request& request) {
  trailers_ = request.headers.arena().make<Headers>(request.headers.arena());
  body_.start(request.body, request.content_length, in_, trailers_);
  minor_version_ = request.minor_version;
  head_method_ = request.method == Method::kHead;
  closing_ |= !request.keep_alive;
  head_written_ = written_all_ = discards_body_ = false;
  bytes_written_ = owed_ = 0;
}

void ServerStream::end_exchange() {
  body_.take_rest(in_);
  trailers_ = nullptr;
  // A head that is refused or late is answered without begin_exchange(): as if nothing had gone before.
  minor_version_ = 1;
  head_method_ = head_written_ = written_all_ = discards_body_ = false;
  bytes_written_ = owed_ = 0;
  if (in_.valid() && in_.empty()) in_.release();
}

net::Buffer ServerStream::take_received() {
  body_.release();
  return std::move(in_);
}

std::string_view ServerStream::date(Nanos wall) {
  // IMF-fixdate (RFC 9110 section 5.6.7), made once per second and thread.
  thread_local char text[32];
  thread_local std::size_t size = 0;
  thread_local time_t made = 0;
  const auto now = static_cast<time_t>(wall / kSecond);
  if (now != made || size == 0) {
    tm parts{};
    gmtime_r(&now, &parts);
    size = strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = now;
  }
  return {text, size};
}

Result<BodyChunk> ServerStream::translate(const BodySource::Piece& piece) const {
  switch (piece.failure) {
    case BodySource::Failure::kNone:
      return piece.chunk;
    case BodySource::Failure::kMalformed:
      return Error{Reason::kMalformedBody, Origin::kClient, Retry::kNo};
    case BodySource::Failure::kTimeout:
      return Error{Reason::kBodyTimeout, Origin::kClient, Retry::kNo};
    case BodySource::Failure::kTruncated:
    case BodySource::Failure::kBroken:
      return kGone;
  }
  return kGone;
}

Result<BodyChunk> ServerStream::try_read_body() { return translate(body_.try_read()); }

loop::Soon<Result<BodyChunk>> ServerStream::read_body(Nanos deadline) {
  const BodySource::Piece piece = co_await body_.read(deadline);
  if (piece.failure != BodySource::Failure::kNone) closing_ = true;
  co_return translate(piece);
}

Error ServerStream::raw_source_failed(const net::IoResult& result) {
  closing_ = true;
  return translate({{}, BodySource::failure_of(result)}).error();
}

RawRest ServerStream::raw_sink() {
  const bool as_it_is = out_ == BodyKind::kLength && head_written_ && !discards_body_ && stream_.secure() == nullptr;
  return {&stream_, as_it_is ? owed_ : 0, stall_};
}

void ServerStream::raw_written(std::uint64_t bytes) {
  bytes_written_ += bytes;
  owed_ -= bytes;
}

Status ServerStream::outcome(const net::IoResult& sent) {
  if (sent.ok()) return Unit{};
  closing_ = true;
  return sent.kind == Kind::kTimeout ? kStalled : kGone;
}

loop::Task<Status> ServerStream::send(std::string_view bytes) {
  const net::IoResult sent = co_await stream_.write_all(bytes, stall_);
  co_return outcome(sent);
}

loop::Soon<Status> ServerStream::write_interim(const Response& response) {
  if (minor_version_ == 0) co_return Unit{};
  net::Buffer out = pool_.of(response_head_bound(response));
  out.clear();
  char* const end = write_interim_head(out.tail().data(), response);
  out.commit(static_cast<std::size_t>(end - out.data()));
  const Status sent = co_await send(out.view());
  co_return sent;
}

/// Decides how the client learns where the body ends (RFC 9112 section 6).
ResponseFraming ServerStream::frame(const Response& response) {
  ResponseFraming framing;
  framing.client_minor_version = minor_version_;
  framing.length = response.content_length;
  framing.kind = response.body;
  const bool bodiless = response.status == 204 || response.status == 304 || response.status < 200;
  if (head_method_ || bodiless) {
    discards_body_ = true;
    // A server's answer to HEAD carries its own Content-Length; of ours we know the length.
    const bool ours = head_method_ && !bodiless && response.body == BodyKind::kLength;
    framing.keeps_length_field = !ours && (head_method_ || response.status == 304);
    framing.kind = ours ? BodyKind::kLength : BodyKind::kNone;
  } else if (response.body == BodyKind::kNone) {
    framing.kind = BodyKind::kLength;
    framing.length = 0;
  } else if (response.body == BodyKind::kChunked || response.body == BodyKind::kUntilClose) {
    framing.kind = minor_version_ == 0 ? BodyKind::kUntilClose : BodyKind::kChunked;
  }
  // A request body that nobody has read stands between this response and the next request.
  if (framing.kind == BodyKind::kUntilClose || !body_.finished()) closing_ = true;
  framing.keep_alive = !closing_;
  out_ = framing.kind;
  owed_ = framing.kind == BodyKind::kLength ? framing.length : 0;
  return framing;
}

loop::Soon<Status> ServerStream::write_head(const Response& response, std::string_view first, bool last) {
  const ResponseFraming framing = frame(response);
  const std::size_t bound = response_head_bound(response);
  const std::size_t inline_bytes = first.size() <= net::BufferPool::kSmallBytes ? first.size() + 64 : 0;
  net::Buffer out = pool_.of(bound + inline_bytes);
  out.clear();
  const bool dated = response.headers.find(HeaderId::kDate) != nullptr;
  const std::string_view date = dated ? std::string_view() : ServerStream::date(wall_now());
  char* at = write_response_head(out.tail().data(), response, framing, date);
  head_written_ = true;
  const bool together = inline_bytes > 0 && !discards_body_ && (out_ != BodyKind::kLength || first.size() <= owed_);
  if (together && !first.empty()) {
    at = out_ == BodyKind::kChunked ? put_chunk(at, first) : put(at, first);
    bytes_written_ += first.size();
    owed_ -= out_ == BodyKind::kLength ? first.size() : 0;
  }
  const bool ends = last && (together || first.empty() || discards_body_);
  if (ends && out_ == BodyKind::kChunked && !discards_body_) {
    at = put(at, kLastChunk);
  }
  out.commit(static_cast<std::size_t>(at - out.data()));
  if (together) first = {};
  std::string_view unsent = out.view();
  net::IoResult written;
  if (!stream_.write_now(unsent, written)) return write_rest(std::move(out), unsent, first, last);
  const Status sent = outcome(written);
  if (!sent.ok()) return sent;
  if (ends) return end_message();
  out.release();
  if (first.empty()) return sent;
  return write_body(first, last);
}

loop::Task<Status> ServerStream::write_rest(net::Buffer out, std::string_view unsent, std::string_view first,
                                            bool last) {
  Status sent = co_await send(unsent);
  out.release();
  if (!sent.ok()) co_return sent;
  if (!first.empty() && !discards_body_) {
    sent = co_await write_body(first, last);
  } else if (last) {
    sent = end_message();
  }
  co_return sent;
}

/// All of the response has been written, if the server has kept its word.
Status ServerStream::end_message() {
  if (owed_ > 0 && !discards_body_) return kMiscounted;
  written_all_ = true;
  return Unit{};
}

loop::Soon<Status> ServerStream::write_body(std::string_view data, bool last) {
  Status sent = Unit{};
  if (!discards_body_ && !data.empty()) {
    if (out_ == BodyKind::kLength && data.size() > owed_) co_return kMiscounted;
    if (out_ != BodyKind::kChunked) {
      sent = co_await send(data);
    } else if (data.size() <= kCopyBytes) {
      net::Buffer out = pool_.small();
      out.clear();
      char* at = put_chunk(out.tail().data(), data);
      if (last) at = put(at, kLastChunk);
      out.commit(static_cast<std::size_t>(at - out.data()));
      sent = co_await send(out.view());
      written_all_ = last;
    } else {
      char line[kChunkLineBytes];
      const std::size_t size = static_cast<std::size_t>(write_chunk_line(line, data.size()) - line);
      sent = co_await send({line, size});
      if (sent.ok()) sent = co_await send(data);
      if (sent.ok()) sent = co_await send(kChunkEnd);
    }
    if (!sent.ok()) co_return sent;
    bytes_written_ += data.size();
    owed_ -= out_ == BodyKind::kLength ? data.size() : 0;
  }
  if (!last || written_all_) co_return sent;
  if (!discards_body_) {
    if (out_ == BodyKind::kLength && owed_ > 0) co_return kMiscounted;
    if (out_ == BodyKind::kChunked) sent = co_await send(kLastChunk);
  }
  written_all_ = sent.ok();
  co_return sent;
}

loop::Soon<Status> ServerStream::write_trailers(const Headers& trailers) {
  Status sent = Unit{};
  if (out_ == BodyKind::kChunked && !discards_body_) {
    net::Buffer out = pool_.of(trailers_bound(trailers));
    out.clear();
    char* const end = http1::write_trailers(out.tail().data(), trailers);
    out.commit(static_cast<std::size_t>(end - out.data()));
    sent = co_await send(out.view());
  }
  if (out_ == BodyKind::kLength && owed_ > 0 && !discards_body_) co_return kMiscounted;
  written_all_ = sent.ok();
  co_return sent;
}

}  // namespace fairlead::codec::http1
