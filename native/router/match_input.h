// What a rule is matched against.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "codec/message.h"

namespace fairlead::router {

/// Decoded.
struct QueryParameter {
  std::string_view key;
  std::string_view value;
};

/// One request on its way through the router. Lives on the stack of one match; borrows everything.
class MatchInput {
 public:
  MatchInput(const codec::Request& request, const codec::Peer& peer) : request_(request), peer_(peer) {}

  const codec::Request& request() const { return request_; }
  const codec::Peer& peer() const { return peer_; }

  /// Query parameters, decoded into the request's arena when a rule first asks for them: at most 32 bytes there for each
  /// byte of the query, whose size the limit of the request's head bounds.
  std::span<const QueryParameter> parameters() {
    if (!parameters_) parameters_ = decode_parameters();
    return *parameters_;
  }

 private:
  std::span<const QueryParameter> decode_parameters() const;

  const codec::Request& request_;
  const codec::Peer& peer_;
  std::optional<std::span<const QueryParameter>> parameters_;
};

}  // namespace fairlead::router
