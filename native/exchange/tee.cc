#include "exchange/tee.h"

#include <algorithm>
#include <utility>

#include "loop/next_turn.h"

namespace fairlead::exchange {
namespace {

using codec::BodyChunk;

// What all tees of a worker may hold: beyond it readers are behind, however little they are.
constexpr std::uint64_t kMostTeed = 64 * 1024 * 1024;

}  // namespace

void Tee::append(std::string_view bytes) {
  if (!has_readers()) return;
  held_.append(bytes);
  account(held_.held_bytes());
  while (has_readers() && (held_.end() - slowest()->done_ > capacity_ || worker_.teed_bytes > kMostTeed)) {
    Reader& behind = *slowest();
    behind.unlink();
    behind.fell_behind();
    trim();
  }
  for (Reader* reader = readers_.front(); reader != nullptr; reader = readers_.after(*reader)) reader->wake();
}

void Tee::finish(const codec::Headers& trailers) {
  if (ended_) return;
  for (const codec::Header& trailer : trailers) {
    trailers_.add({arena_.copy(trailer.name), arena_.copy(trailer.value), trailer.id});
  }
  ended_ = true;
  for (Reader* reader = readers_.front(); reader != nullptr; reader = readers_.after(*reader)) {
    reader->has_all();
    reader->wake();
  }
}

void Tee::break_off() {
  if (ended_) return;
  while (Reader* reader = readers_.pop_front()) reader->lost_source();
}

Tee::Reader* Tee::slowest() {
  Reader* slowest = readers_.front();
  for (Reader* reader = slowest; reader != nullptr; reader = readers_.after(*reader)) {
    if (reader->done_ < slowest->done_) slowest = reader;
  }
  return slowest;
}

void Tee::trim() {
  const Reader* const last = slowest();
  held_.drop_before(last == nullptr ? held_.end() : last->done_);
  account(held_.held_bytes());
}

void Tee::account(std::uint64_t bytes) {
  worker_.teed_bytes = worker_.teed_bytes - accounted_ + bytes;
  accounted_ = bytes;
}

Tee::Reader::Reader(Worker& worker, LocalRef<Tee> tee) : worker_(worker), tee_(std::move(tee)) {
  if (tee_) tee_->readers_.push_back(*this);
}

Tee::Reader::~Reader() {
  if (!linked()) return;
  unlink();
  tee_->trim();
}

BodyChunk Tee::Reader::take() {
  if (!tee_) return {{}, true};
  if (done_ < taken_) {
    done_ = taken_;
    tee_->trim();
  }
  const std::string_view piece = tee_->held_.at(taken_);
  taken_ += piece.size();
  return {piece, finished()};
}

void Tee::Reader::wake() {
  if (waiting_ != nullptr) worker_.loop.make_ready(*std::exchange(waiting_, nullptr), loop::Wake::kReady);
}

void TeeLayer::copy(const Result<BodyChunk>& chunk) {
  if (!chunk.ok()) return;
  if (!chunk->data.empty()) tee_->append(chunk->data);
  if (chunk->last) tee_->finish(trailers());
}

Result<BodyChunk> TeeLayer::try_read_body() {
  const Result<BodyChunk> chunk = InboundLayer::try_read_body();
  copy(chunk);
  return chunk;
}

loop::Soon<Result<BodyChunk>> TeeLayer::read_body(Nanos deadline) {
  if (!tee_->has_readers()) return InboundLayer::read_body(deadline);
  return read_copied(deadline);
}

loop::Task<Result<BodyChunk>> TeeLayer::read_copied(Nanos deadline) {
  // Both sockets of the main exchange may be ready all the time: the readers are on this thread, and need a turn.
  if (tee_->is_behind()) co_await loop::NextTurn(worker_.loop);
  const Result<BodyChunk> chunk = co_await InboundLayer::read_body(deadline);
  copy(chunk);
  co_return chunk;
}

}  // namespace fairlead::exchange
