// Failure as a value: what happened, whose fault it is, and whether trying again is safe.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace fairlead {

/// Whose fault a failure is; decides the status class and who is logged.
enum class Origin : std::uint8_t { kClient, kUpstream, kInternal };

/// Every reason for which the data plane gives up on something. Names appear in the access log and the counters
/// (reason_name), so an enumerator is never reused for another meaning.
enum class Reason : std::uint16_t {
  kNone = 0,
  // The client.
  kClientClosed,        // 499
  kMalformedRequest,    // 400, see codec for the finer reason
  kHeaderTooLarge,      // 431
  kUriTooLong,          // 414
  kHeadTimeout,         // 408
  kBodyTimeout,         // 408
  kUnsupportedVersion,  // 505
  kUnsupportedCoding,   // 501
  kUnsupportedMethod,   // 501 (CONNECT)
  kMalformedBody,       // 400
  kDeniedCharacter,     // 400
  kDeniedHeader,        // 400
  kMisdirected,         // 421
  kExpectationFailed,   // 417
  kWriteTimeout,        // connection cut
  kTlsHandshake,        // connection cut
  // Routing and middlewares.
  kNoRoute,            // 404
  kMiddlewareReplied,  // the middleware's status
  kMiddlewareFailed,   // 500
  kRateLimited,        // 429
  kAuthDenied,         // the auth server's status
  kAuthFailed,         // 500
  kBodyTooLarge,       // 413
  // The upstream.
  kNoServer,             // 503
  kConnectFailed,        // 502
  kConnectTimeout,       // 504
  kUpstreamTls,          // 500, certificate or handshake failure
  kUpstreamTlsTimeout,   // 504
  kUpstreamReset,        // 502, before a response head
  kUpstreamMalformed,    // 502
  kUpstreamHeadTimeout,  // 504
  kUpstreamTruncated,    // response body ended early: connection cut
  kUpstreamIdleTimeout,  // body stalled: connection cut
  kTotalTimeout,         // 504, or the connection cut
  kTryTimeout,           // 504
  kResolveFailed,        // 502
  // Ourselves.
  kOverload,          // 503
  kOverloadCut,       // cut: it held the most memory of all
  kOutOfDescriptors,  // 503
  kDraining,          // 503
  kQueueFull,         // 503
  kQueueTimeout,      // 503
  kInternal,          // 500
  kCount
};

/// May the same request be sent again?
enum class Retry : std::uint8_t { kNo, kYes, kIfReused };

struct Error {
  Reason reason = Reason::kInternal;
  Origin origin = Origin::kInternal;
  Retry retry = Retry::kNo;
};

/// Lower-case words with underscores, as they appear in logs and metrics ("upstream_reset").
const char* reason_name(Reason reason);
/// The status a client gets when nothing has been sent yet; 0 when the connection is just cut.
std::uint16_t reason_status(Reason reason);

/// A value or an Error. Reading the wrong side is a programming error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, error) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() {
    FAIRLEAD_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    FAIRLEAD_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    FAIRLEAD_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value.
struct Unit {};
using Status = Result<Unit>;

}  // namespace fairlead
