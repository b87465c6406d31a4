// The contract between the exchange, which owns a request, and the middlewares that inspect or change it on the way.
//
// A middleware object belongs to a plan, is immutable after construction and shared by all workers. What it must
// remember between requests is a SharedState found by identity, so that it survives unrelated reloads. What it must
// remember between the request and the response of one exchange lives in `Context::state`.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "codec/message.h"
#include "loop/task.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::middleware {

enum class Verdict : std::uint8_t {
  kNext,     // hand the request to the next middleware
  kReplied,  // Context::reply is filled; skip the rest of the chain
};

/// Phases a middleware takes part in; an empty set costs nothing.
enum Phase : std::uint32_t {
  kOnRequest = 1,       // on_request
  kOnRequestAsync = 2,  // on_request_async, instead of on_request
  kOnResponse = 4,      // on_response
  kOnResponseBody = 8,  // body_filter
};

/// An answer made by the proxy itself. Texts must live in the arena, the snapshot or the program.
struct LocalReply {
  explicit LocalReply(Arena& arena) : headers(arena) {}

  std::uint16_t status = 200;
  Reason reason = Reason::kMiddlewareReplied;
  /// Only these headers are sent, besides Content-Length, Date and Connection.
  codec::Headers headers;
  std::string_view body;

  /// Makes this a plain-text answer.
  void set_text(std::uint16_t code, std::string_view text, Reason why = Reason::kMiddlewareReplied) {
    status = code;
    reason = why;
    body = text;
    headers.set("Content-Type", "text/plain; charset=utf-8");
    headers.set("X-Content-Type-Options", "nosniff");
  }
};

/// A request of our own, such as forwardAuth's. Texts outlive the call.
struct FetchRequest {
  FetchRequest(Arena& arena, Nanos for_all, std::uint64_t most_response_bytes)
      : headers(arena), timeout(for_all), max_response_bytes(most_response_bytes) {}

  /// Names the target in the plan's transports: an entry made at build time through BuildContext::add_fetch_target.
  std::uint32_t target = 0;
  std::string_view method = "GET";
  /// Path and query.
  std::string_view path = "/";
  /// As they are sent; Host, Content-Length and Connection are added by fetch().
  codec::Headers headers;
  std::string_view body;
  /// Nanoseconds for the whole call.
  Nanos timeout;
  /// Bytes; a larger response body is an error (kAuthDenied).
  std::uint64_t max_response_bytes;
};

/// The whole answer, in the exchange's arena.
struct FetchReply {
  explicit FetchReply(Arena& arena) : response(arena) {}
  codec::Response response;
  std::string_view body;
};

/// What a rate limit has said about a request. Texts and `limit` are part of the snapshot.
struct RateNote {
  std::string_view middleware;
  const wire::RateLimit* limit;
  /// What is left in the bucket, and what of it makes one token.
  std::uint64_t spare;
  std::uint64_t interval;
  /// How long it is held back; of one that is refused, after how long it would not have been.
  Nanos delay;
  bool admitted;
};

/// What the worker offers to a middleware. Implemented by the exchange.
class Facilities {
 public:
  virtual ~Facilities() = default;
  /// Monotonic time of this loop turn, nanoseconds.
  virtual Nanos now() const = 0;
  /// Resumes after `duration` nanoseconds.
  virtual loop::Task<void> sleep(Nanos duration) = 0;
  /// Sends a request through the worker's pools and reads the whole answer. Redirects are not followed.
  virtual loop::Task<Status> fetch(const FetchRequest& request, FetchReply& reply) = 0;
  /// Reads the request body into the arena so that it can be sent elsewhere as well; the exchange replays it to the
  /// upstream. Fails with kHeaderTooLarge beyond `limit` bytes, else as the client did.
  virtual loop::Task<Result<std::string_view>> buffer_request_body(std::uint64_t limit) = 0;
  /// Says when the request may be sent to another server once one has failed. `policy` is part of the snapshot; a later
  /// one takes its place.
  virtual void set_retry(const wire::Retry& policy) { static_cast<void>(policy); }
  /// For the receipt of the request; a later note takes the place of an earlier one.
  virtual void note_rate(const RateNote& note) { static_cast<void>(note); }
};

struct Context {
  codec::Request& request;
  const codec::Peer& peer;
  Arena& arena;
  LocalReply& reply;
  Facilities& facilities;
  /// state_bytes() zeroed bytes of this middleware for this exchange, or null.
  void* state;
  /// Who the client is, for the access log, or null when nobody asks. Texts as in the arena.
  std::string_view* user = nullptr;
};

/// Changes a response body while it streams (compress). Lives for one response; made by Middleware::body_filter.
class BodyFilter {
 public:
  virtual ~BodyFilter() = default;
  /// Takes `input` and appends what can be sent now to `output`. `flush`: everything taken so far must come out.
  /// `last`: the body ends here. Failing cuts the response.
  virtual Status process(std::string_view input, bool flush, bool last, ByteBuffer& output) = 0;
};

class Middleware {
 public:
  virtual ~Middleware() = default;

  /// Bits of Phase; asked once, when the chain is built.
  virtual std::uint32_t phases() const = 0;
  /// Bytes of per-exchange memory (trivially destructible).
  virtual std::size_t state_bytes() const { return 0; }
  /// Why this configuration cannot run (a bad regular expression), or empty. Asked once.
  virtual std::string_view fault() const { return {}; }

  virtual Verdict on_request(Context&) const { return Verdict::kNext; }
  virtual loop::Task<Verdict> on_request_async(Context&) const;
  /// Response head, before hop-by-hop fields are settled. Runs in reverse chain order, also for local replies, but not
  /// for the middleware that made the reply.
  virtual void on_response(Context&, codec::Response&) const {}
  /// The filter for this response's body, or null. May change the response's headers; the exchange then sends the
  /// body chunked (or until close).
  virtual std::unique_ptr<BodyFilter> body_filter(Context&, codec::Response&) const { return nullptr; }
};

/// Process-wide memory of a middleware, shared by all workers and generations that have the same identity.
class SharedState {
 public:
  virtual ~SharedState() = default;
};

/// What a middleware may use while it is built (on the builder thread, never on a worker).
class BuildContext {
 public:
  virtual ~BuildContext() = default;
  /// The state of that identity, which the plan under construction now keeps as well, or null when there is none yet.
  virtual std::shared_ptr<SharedState> find_state(std::uint64_t identity) const = 0;
  /// Keeps `state` for as long as some plan names `identity`.
  virtual void keep_state(std::uint64_t identity, const std::shared_ptr<SharedState>& state) const = 0;
  /// Makes a server reachable by Facilities::fetch and returns its number.
  virtual std::uint32_t add_fetch_target(const wire::Server& server, const wire::Transport& transport) const = 0;
};

}  // namespace fairlead::middleware
