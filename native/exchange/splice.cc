#include "exchange/splice.h"

#include <utility>

#include "loop/next_turn.h"

namespace fairlead::exchange {
namespace {

using Kind = net::IoResult::Kind;

// One body may move this much before others get their turn.
constexpr std::uint64_t kTurnBytes = 4 * 1024 * 1024;

net::IoResult ended(loop::Wake wake) {
  return net::IoResult::of(wake == loop::Wake::kTimeout ? Kind::kTimeout : Kind::kError);
}

/// Empties the pipe into the receiving side.
loop::Task<Status> drain(loop::Loop& loop, net::Pipe& pipe, codec::RawSide& to) {
  const codec::RawRest sink = to.raw_sink();
  while (pipe.held() > 0) {
    const net::IoResult sent = sink.stream->splice_out(pipe);
    if (sent.ok()) {
      to.raw_written(sent.count);
      continue;
    }
    if (sent.kind != Kind::kAgain) co_return to.raw_sink_failed(sent);
    const loop::Wake wake = co_await sink.stream->writable(sink.stall == 0 ? 0 : loop.now() + sink.stall);
    if (wake != loop::Wake::kReady) co_return to.raw_sink_failed(ended(wake));
  }
  co_return Unit{};
}

}  // namespace

bool splices(const Worker& worker, codec::RawSide& from, codec::RawSide& to) {
  if (worker.splice_bytes == 0) return false;
  const std::uint64_t left = from.raw_source().left;
  // A sender that said less than the receiver was told is the business of whoever writes the pieces.
  return left >= worker.splice_bytes && to.raw_sink().left >= left;
}

loop::Task<Status> splice_body(Worker& worker, codec::RawSide& from, codec::RawSide& to, Nanos deadline, Nanos idle) {
  std::uint64_t moved = 0;
  for (;;) {
    const codec::RawRest source = from.raw_source();
    if (source.left == 0) co_return Unit{};
    net::Pipe pipe = worker.pipes.take();
    if (!pipe.valid()) co_return Unit{};
    const net::IoResult got = source.stream->splice_in(pipe, source.left);
    if (got.ok()) {
      from.raw_taken(got.count);
      const Status sent = co_await drain(worker.loop, pipe, to);
      if (!sent.ok()) co_return sent;
      moved += got.count;
      if (moved < kTurnBytes) continue;
      moved = 0;
      pipe.release();
      co_await loop::NextTurn(worker.loop);
      continue;
    }
    // Whoever waits lends the pipe to others.
    pipe.release();
    if (got.kind != Kind::kAgain) co_return from.raw_source_failed(got);
    const Nanos by = idle == 0 ? deadline : worker.loop.now() + idle;
    const loop::Wake wake = co_await source.stream->await_bulk(source.left, by);
    if (wake != loop::Wake::kReady) co_return from.raw_source_failed(ended(wake));
  }
}

}  // namespace fairlead::exchange
