#include "codec/http1/body_source.h"

#include <algorithm>
#include <utility>

namespace fairlead::codec::http1 {
namespace {

using Kind = net::IoResult::Kind;

// A body that is still this long when its first bytes have been taken is worth a large buffer.
constexpr std::uint64_t kBulkBytes = 64 * 1024;

}  // namespace

void BodySource::start(BodyKind kind, std::uint64_t length, net::Buffer& received, Headers* trailers,
                       const ChunkLimits& limits) {
  kind_ = kind;
  remaining_ = kind == BodyKind::kLength ? length : 0;
  bytes_ = 0;
  active_ = &received;
  finished_ = kind == BodyKind::kNone || (kind == BodyKind::kLength && length == 0);
  if (kind == BodyKind::kChunked) decoder_.start(trailers, limits);
}

BodySource::Piece BodySource::try_read() {
  if (finished_) return {{{}, true}};
  switch (kind_) {
    case BodyKind::kLength:
      return take_counted();
    case BodyKind::kChunked:
      return take_chunked();
    case BodyKind::kUntilClose:
    case BodyKind::kNone:
      return take_all();
  }
  return {};
}

BodySource::Piece BodySource::take_counted() {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, active_->size()));
  const std::string_view data = active_->view().substr(0, size);
  active_->consume(size);
  remaining_ -= size;
  bytes_ += size;
  finished_ = remaining_ == 0;
  return {{data, finished_}};
}

BodySource::Piece BodySource::take_chunked() {
  if (active_->empty()) return {};
  const ChunkDecoder::Step step = decoder_.decode({active_->data(), active_->size()});
  active_->consume(step.consumed);
  if (step.fault) return {{}, Failure::kMalformed};
  bytes_ += step.payload.size();
  finished_ = step.finished;
  return {{step.payload, finished_}};
}

BodySource::Piece BodySource::take_all() {
  const std::string_view data = active_->view();
  active_->consume(data.size());
  bytes_ += data.size();
  return {{data, false}};
}

/// The buffer the next bytes go to. `received` holds the head in front of the body, so its tail is not used again: the
/// views into the head must stay.
net::Buffer& BodySource::prepare() {
  const bool bulk = kind_ != BodyKind::kLength || remaining_ > kBulkBytes;
  if (!own_.valid()) {
    own_ = bulk && bytes_ > 0 ? pool_.bulk() : pool_.small();
  } else if (bulk && own_.capacity() < net::BufferPool::kLargeBytes && bytes_ > kBulkBytes) {
    own_.release();
    own_ = pool_.bulk();
  }
  own_.clear();
  active_ = &own_;
  return own_;
}

/// Nothing is there. A buffer is not held meanwhile: the next one to be taken is the one that is warm in the cache.
loop::Task<loop::Wake> BodySource::await_more(Nanos deadline) {
  own_.release();
  loop::Wake wake = loop::Wake::kNone;
  if (kind_ == BodyKind::kLength && remaining_ > kBulkBytes) {
    wake = co_await stream_.await_bulk(remaining_, deadline);
  } else {
    stream_.expect_anything();
    wake = co_await stream_.readable(deadline);
  }
  co_return wake;
}

BodySource::Failure BodySource::failure_of(const net::IoResult& result) {
  if (result.kind == Kind::kTimeout) return Failure::kTimeout;
  return result.kind == Kind::kEof ? Failure::kTruncated : Failure::kBroken;
}

void BodySource::taken(std::uint64_t bytes) {
  bytes_ += bytes;
  remaining_ -= bytes;
  finished_ = remaining_ == 0;
  if (finished_) stream_.expect_anything();
}

loop::Task<BodySource::Piece> BodySource::read(Nanos deadline) {
  for (;;) {
    const Piece piece = try_read();
    if (finished_) stream_.expect_anything();
    if (piece.failure != Failure::kNone || !piece.chunk.data.empty() || piece.chunk.last) co_return piece;
    net::Buffer& buffer = prepare();
    const net::IoResult got = stream_.try_read(buffer.tail());
    if (got.ok()) {
      buffer.commit(got.count);
    } else if (got.kind == Kind::kAgain) {
      const loop::Wake wake = co_await await_more(deadline);
      if (wake == loop::Wake::kTimeout) co_return Piece{{}, Failure::kTimeout};
      if (wake == loop::Wake::kHangup) co_return Piece{{}, Failure::kBroken};
    } else if (got.kind == Kind::kEof && kind_ == BodyKind::kUntilClose) {
      finished_ = true;
    } else {
      co_return Piece{{}, failure_of(got)};
    }
  }
}

void BodySource::take_rest(net::Buffer& into) {
  if (active_ == &own_ && !own_.empty()) into = std::move(own_);
  release();
}

void BodySource::release() {
  own_.release();
  active_ = nullptr;
}

}  // namespace fairlead::codec::http1
