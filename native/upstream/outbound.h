// One exchange as the proxy sees it from the server's side, whatever the protocol.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "codec/inbound.h"
#include "codec/message.h"
#include "codec/raw_body.h"
#include "loop/soon.h"

namespace fairlead::upstream {

/// What a request says to its server beyond the message itself.
struct Forwarding {
  /// Value of Host.
  std::string_view host;
  /// Path in front of the request's own (preservePath), or empty.
  std::string_view path_prefix;
};

/// The server's side of one exchange. Failures are the server's; `Error::retry` says whether the request may be sent
/// again. One read and one write may be under way at the same time.
class Outbound : public codec::RawSide {
 public:
  /// Sends the head, and `first` with it in the same packet when it fits. `last`: `first` ends the body.
  virtual loop::Soon<Status> write_head(const codec::Request& request, const Forwarding& forwarding,
                                        std::string_view first, bool last) = 0;
  virtual loop::Soon<Status> write_body(std::string_view data, bool last) = 0;
  virtual loop::Soon<Status> write_trailers(const codec::Headers& trailers) = 0;

  /// Reads the next head, which may be an interim one (1xx). `deadline` 0 = none.
  virtual loop::Soon<Status> read_head(codec::Response& response, Nanos deadline) = 0;
  /// The next piece of the response body, decoded.
  virtual loop::Soon<Result<codec::BodyChunk>> read_body(Nanos deadline) = 0;
  /// The next piece of the body if it has been received already; `data` is empty and `last` false when it has not.
  virtual Result<codec::BodyChunk> try_read_body() = 0;
  virtual const codec::Headers& trailers() const = 0;
  /// More of the body, or its end, is there already: reading on will not wait.
  virtual bool has_more() const = 0;

  /// Breaks the connection so that what waits for it fails. For deadlines.
  virtual void abort() = 0;
  /// Ends this exchange: the connection goes back to its pool if reusable() proves it clean, else it is closed. Idempotent.
  virtual void finish() = 0;
  virtual std::uint64_t bytes_read() const = 0;
};

}  // namespace fairlead::upstream
