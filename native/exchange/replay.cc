#include "exchange/replay.h"

namespace fairlead::exchange {

using codec::BodyChunk;

loop::Task<Status> Replay::fill(std::uint64_t bound, Nanos deadline) {
  for (bool last = false; !last;) {
    const Result<BodyChunk> chunk = co_await read_body(deadline);
    if (!chunk.ok()) co_return chunk.error();
    if (!keeps_ || at_ > bound) co_return Error{Reason::kBodyTooLarge, Origin::kClient, Retry::kNo};
    last = chunk->last;
  }
  rewind();
  co_return Unit{};
}

Result<BodyChunk> Replay::take() {
  if (at_ == held_.end() && failed_) return *failed_;
  const std::string_view piece = held_.at(at_);
  at_ += piece.size();
  return BodyChunk{piece, ended_ && at_ == held_.end()};
}

Result<BodyChunk> Replay::keep(const Result<BodyChunk>& chunk) {
  if (!chunk.ok()) {
    failed_ = chunk.error();
    return chunk;
  }
  ended_ = chunk->last;
  if (!keeps_) return chunk;
  if (held_.end() + chunk->data.size() > limit_) {
    keeps_ = false;
    held_.clear();
    at_ = held_.end();
    return chunk;
  }
  held_.append(chunk->data);
  at_ = held_.end();
  return chunk;
}

Result<BodyChunk> Replay::try_read_body() { return is_ahead() ? take() : keep(InboundLayer::try_read_body()); }

loop::Soon<Result<BodyChunk>> Replay::read_body(Nanos deadline) {
  if (is_ahead()) return take();
  return read_on(deadline);
}

loop::Task<Result<BodyChunk>> Replay::read_on(Nanos deadline) {
  const Result<BodyChunk> chunk = co_await InboundLayer::read_body(deadline);
  co_return keep(chunk);
}

loop::Soon<Status> Replay::write_interim(const codec::Response& response) {
  told_ |= response.status == 100;
  return InboundLayer::write_interim(response);
}

}  // namespace fairlead::exchange
