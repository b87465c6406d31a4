// What a rule is matched against.
#pragma once

#include <optional>
#include <span>

#include "codec/message.h"
#include "router/query.h"

namespace fairlead::router {

/// One request on its way through the router. Lives on the stack of one match; borrows everything.
class MatchInput {
 public:
  MatchInput(const codec::Request& request, const codec::Peer& peer) : request_(request), peer_(peer) {}

  const codec::Request& request() const { return request_; }
  const codec::Peer& peer() const { return peer_; }

  /// Query parameters, decoded into the request's arena when a rule first asks for them.
  std::span<const QueryParameter> parameters() {
    if (!parameters_) parameters_ = decode_query(request_.query, request_.headers.arena());
    return *parameters_;
  }

 private:
  const codec::Request& request_;
  const codec::Peer& peer_;
  std::optional<std::span<const QueryParameter>> parameters_;
};

}  // namespace fairlead::router
