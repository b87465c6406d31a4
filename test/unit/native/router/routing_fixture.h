// The records of test/fixtures/routing.ts and requests to try them with.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.h"
#include "router/router.h"
#include "snapshot/generated/records.gen.h"
#include "test/support/native/encoded.h"

namespace fairlead::router {

/// One node of a rule, in postfix order.
struct Token {
  std::uint8_t kind;
  std::uint8_t matcher;
  std::uint8_t count;
  wire::Text first;
  wire::Text second;
  bool verify(const wire::Bounds& bounds) const { return first.verify(bounds) && second.verify(bounds); }
};

/// What a rule means, beside the program it was lowered to.
struct Model {
  wire::List<Token> tokens;
  bool verify(const wire::Bounds& bounds) const { return tokens.verify(bounds); }
};

/// A selection of routers, best first.
struct Order {
  wire::List<std::uint32_t> routers;
  bool verify(const wire::Bounds& bounds) const { return routers.verify(bounds); }
};

struct RoutingFixture {
  wire::List<wire::Router> routers;
  wire::List<wire::Text> patterns;
  wire::List<wire::Cidr> ranges;
  wire::List<Model> models;
  wire::List<Order> orders;
  bool verify(const wire::Bounds& bounds) const {
    return routers.verify(bounds) && patterns.verify(bounds) && ranges.verify(bounds) && models.verify(bounds) &&
           orders.verify(bounds);
  }
};

/// A request as the codec would deliver it; texts must outlive it.
struct Sample {
  std::string_view host = {};
  std::string_view flattened_host = {};
  std::string_view path = "/";
  std::string_view method = "GET";
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};
  std::string_view query = {};
  std::string_view client = "127.0.0.1";
};

/// A request with its connection and memory, ready to be matched.
class Received {
 public:
  explicit Received(const Sample& sample) : request_(arena_) {
    request_.host = sample.host;
    request_.flattened_host = sample.flattened_host;
    request_.path = request_.routing_path = sample.path;
    request_.method_text = sample.method;
    request_.query = sample.query;
    for (const auto& [name, value] : sample.headers) request_.headers.add(codec::Header{name, value});
    peer_.client.ip = net::IpAddress::parse(sample.client).value();
  }

  MatchInput input() const { return {request_, peer_}; }
  const Arena& arena() const { return arena_; }

 private:
  Arena arena_;
  codec::Request request_;
  codec::Peer peer_;
};

inline std::unique_ptr<Router> built(const Source& source) {
  std::vector<std::string> faults;
  std::unique_ptr<Router> router = Router::build(source, faults);
  for (const std::string& fault : faults) FAIL_CHECK(fault);
  REQUIRE(router != nullptr);
  return router;
}

}  // namespace fairlead::router
