// One exchange as the proxy sees it from the client's side, whatever the protocol.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "codec/message.h"
#include "codec/raw_body.h"
#include "loop/soon.h"

namespace fairlead::codec {

/// A piece of a body. `data` is valid until the next call on the same side; `last`: nothing follows but trailers.
struct BodyChunk {
  std::string_view data;
  bool last = false;
};

/// The client's side of one exchange. Failures are the client's unless they say otherwise. At most one read and one
/// write at a time.
class Inbound : public RawSide {
 public:
  /// The next piece of the request body, as soon as there is one; decoded. `deadline` 0 = none.
  virtual loop::Soon<Result<BodyChunk>> read_body(Nanos deadline) = 0;
  /// The next piece if it has been received already; `data` is empty and `last` false when it has not.
  virtual Result<BodyChunk> try_read_body() = 0;
  /// Trailers of the request, complete once read_body() said `last`. May be empty.
  virtual const Headers& trailers() const = 0;
  /// The request body has been read to its end.
  virtual bool body_finished() const = 0;

  /// Sends an interim response (1xx but 101). Ignored for clients that do not know them.
  virtual loop::Soon<Status> write_interim(const Response& response) = 0;
  /// Sends the head, and `first` with it in the same packet when it fits. `last`: `first` ends the body. Headers are
  /// written as they are but for those that frame the message, which follow from `response.body`.
  virtual loop::Soon<Status> write_head(const Response& response, std::string_view first, bool last) = 0;
  /// Sends a piece of the body.
  virtual loop::Soon<Status> write_body(std::string_view data, bool last) = 0;
  /// Ends a body whose last piece was not marked, with trailers where the protocol has them.
  virtual loop::Soon<Status> write_trailers(const Headers& trailers) = 0;
  /// A head has been sent: errors can only cut the response now.
  virtual bool head_written() const = 0;
  /// Body bytes received and sent so far.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_written() const = 0;
};

}  // namespace fairlead::codec
