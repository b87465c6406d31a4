// A request body that can be read from its beginning again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "exchange/held_body.h"
#include "exchange/inbound_layer.h"
#include "loop/task.h"

namespace fairlead::exchange {

/// Keeps what is read through it. The first reader gets the body as it comes and waits for nothing; whoever reads after
/// rewind() gets what was kept, and then the rest from the client. Beyond a limit nothing is kept any more.
class Replay final : public InboundLayer {
 public:
  Replay(codec::Inbound& below, std::unique_ptr<InboundLayer> owned, net::BufferPool& pool, std::uint64_t limit)
      : InboundLayer(below, std::move(owned)), held_(pool), limit_(limit) {}

  /// Reads all of the body, to be read again afterwards. Fails with kBodyTooLarge beyond `bound` bytes or the limit, else as
  /// the client did.
  loop::Task<Status> fill(std::uint64_t bound, Nanos deadline);
  /// Keeps up to `limit` bytes, if that is more than so far.
  void raise_limit(std::uint64_t limit) { limit_ = std::max(limit_, limit); }
  /// All that was read has been kept.
  bool can_rewind() const { return keeps_; }
  /// Begins again, if it can.
  void rewind() {
    if (keeps_) at_ = 0;
  }
  /// The client has been told to send the body.
  bool told() const { return told_; }

  Replay* replay() override { return this; }
  void stop_keeping() override {
    keeps_ = false;
    InboundLayer::stop_keeping();
  }
  std::uint64_t held_bytes() const override { return held_.held_bytes() + InboundLayer::held_bytes(); }
  loop::Soon<Result<codec::BodyChunk>> read_body(Nanos deadline) override;
  Result<codec::BodyChunk> try_read_body() override;
  loop::Soon<Status> write_interim(const codec::Response& response) override;
  codec::RawRest raw_source() override { return keeps_ || is_ahead() ? codec::RawRest{} : InboundLayer::raw_source(); }

 private:
  /// Something is there without asking below, if only the end.
  bool is_ahead() const { return at_ < held_.end() || ended_ || failed_; }
  Result<codec::BodyChunk> take();
  Result<codec::BodyChunk> keep(const Result<codec::BodyChunk>& chunk);
  loop::Task<Result<codec::BodyChunk>> read_on(Nanos deadline);

  HeldBody held_;
  std::uint64_t limit_;
  std::uint64_t at_ = 0;
  std::optional<Error> failed_;
  bool ended_ = false;
  bool keeps_ = true;
  bool told_ = false;
};

}  // namespace fairlead::exchange
