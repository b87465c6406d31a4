// Something between an exchange and its client that sees the request body on its way.
#pragma once

#include <memory>
#include <utility>

#include "codec/inbound.h"

namespace fairlead::exchange {

class Replay;

/// Passes everything on; layers override what they are for. Layers stand on one another, and each owns those below it,
/// down to the codec, which is the connection's.
class InboundLayer : public codec::Inbound {
 public:
  /// `owned` is `below`, or null where that is the codec.
  InboundLayer(codec::Inbound& below, std::unique_ptr<InboundLayer> owned) : below_(below), owned_(std::move(owned)) {}

  codec::Inbound& below() const { return below_; }
  std::unique_ptr<InboundLayer> take_below() { return std::move(owned_); }
  /// The layer itself when it keeps what is read through it.
  virtual Replay* replay() { return nullptr; }
  /// Nobody will read again what is read from now on, here or below.
  virtual void stop_keeping() {
    if (owned_ != nullptr) owned_->stop_keeping();
  }
  /// Bytes that our buffers take, those of the layers below included.
  virtual std::uint64_t held_bytes() const { return owned_ == nullptr ? 0 : owned_->held_bytes(); }

  // Inbound
  loop::Soon<Result<codec::BodyChunk>> read_body(Nanos deadline) override { return below_.read_body(deadline); }
  Result<codec::BodyChunk> try_read_body() override { return below_.try_read_body(); }
  const codec::Headers& trailers() const override { return below_.trailers(); }
  bool body_finished() const override { return below_.body_finished(); }
  loop::Soon<Status> write_interim(const codec::Response& response) override { return below_.write_interim(response); }
  loop::Soon<Status> write_head(const codec::Response& response, std::string_view first, bool last) override {
    return below_.write_head(response, first, last);
  }
  loop::Soon<Status> write_body(std::string_view data, bool last) override { return below_.write_body(data, last); }
  loop::Soon<Status> write_trailers(const codec::Headers& trailers) override { return below_.write_trailers(trailers); }
  bool head_written() const override { return below_.head_written(); }
  std::uint64_t bytes_read() const override { return below_.bytes_read(); }
  std::uint64_t bytes_written() const override { return below_.bytes_written(); }

  // RawSide
  codec::RawRest raw_source() override { return below_.raw_source(); }
  void raw_taken(std::uint64_t bytes) override { below_.raw_taken(bytes); }
  Error raw_source_failed(const net::IoResult& result) override { return below_.raw_source_failed(result); }
  codec::RawRest raw_sink() override { return below_.raw_sink(); }
  void raw_written(std::uint64_t bytes) override { below_.raw_written(bytes); }
  Error raw_sink_failed(const net::IoResult& result) override { return below_.raw_sink_failed(result); }

 private:
  codec::Inbound& below_;
  std::unique_ptr<InboundLayer> owned_;
};

}  // namespace fairlead::exchange
