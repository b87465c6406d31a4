// A client that sends the pieces of a body as the test says.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "codec/inbound.h"

namespace fairlead::test {

/// Hands out one piece per read; after the last one the body has ended. Waits for nothing.
class FakeInbound final : public codec::Inbound {
 public:
  explicit FakeInbound(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}

  loop::Soon<Result<codec::BodyChunk>> read_body(Nanos) override {
    ++reads;
    return next();
  }
  Result<codec::BodyChunk> try_read_body() override { return next(); }
  const codec::Headers& trailers() const override { return trailers_; }
  bool body_finished() const override { return pieces_.empty(); }
  loop::Soon<Status> write_interim(const codec::Response&) override { return Unit{}; }
  loop::Soon<Status> write_head(const codec::Response&, std::string_view, bool) override { return Unit{}; }
  loop::Soon<Status> write_body(std::string_view, bool) override { return Unit{}; }
  loop::Soon<Status> write_trailers(const codec::Headers&) override { return Unit{}; }
  bool head_written() const override { return false; }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_written() const override { return 0; }
  codec::RawRest raw_source() override { return {.left = 17}; }
  Error raw_source_failed(const net::IoResult&) override { return {}; }
  Error raw_sink_failed(const net::IoResult&) override { return {}; }

  /// What reading fails with once the pieces are used up.
  std::optional<Error> failure;
  int reads = 0;

 private:
  Result<codec::BodyChunk> next() {
    if (pieces_.empty()) return failure ? Result<codec::BodyChunk>(*failure) : codec::BodyChunk{{}, true};
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    return codec::BodyChunk{current_, pieces_.empty() && !failure};
  }

  std::deque<std::string> pieces_;
  std::string current_;
  Arena arena_;
  codec::Headers trailers_{arena_};
};

}  // namespace fairlead::test
