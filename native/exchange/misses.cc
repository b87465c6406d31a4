#include "exchange/misses.h"

#include <string>

#include "base/ascii.h"
#include "net/address.h"

namespace fairlead::exchange {

void Misses::of(const router::Explanation& found, router::MatchInput& input) {
  json_.key("nearMisses").begin_array();
  for (const router::NearMiss& miss : found.near_misses) {
    json_.begin_object().text("router", snapshot_.routers[miss.router].name).boolean("outranked", miss.outranked);
    json_.key("failing").begin_array();
    for (const router::Failing& test : miss.failing) failing(test, input);
    json_.end_array().end_object();
  }
  json_.end_array();
}

void Misses::failing(const router::Failing& test, router::MatchInput& input) {
  json_.begin_object().number("op", static_cast<std::uint64_t>(test.op)).boolean("held", test.held);
  if (!test.key.empty()) json_.text("key", test.key);
  json_.text("value", operand(test));
  json_.key("found").begin_array();
  found(test, input);
  json_.end_array().end_object();
}

/// What the request has in that place.
void Misses::found(const router::Failing& test, router::MatchInput& input) {
  switch (test.op) {
    case wire::Op::kHost:
    case wire::Op::kHostWildcard:
    case wire::Op::kHostRegexp:
      json_.text(request_.host);
      if (!request_.flattened_host.empty()) json_.text(request_.flattened_host);
      break;
    case wire::Op::kPath:
    case wire::Op::kPathPrefix:
    case wire::Op::kPathRegexp:
      json_.text(request_.routing_path);
      break;
    case wire::Op::kMethod:
      json_.text(request_.method_text);
      break;
    case wire::Op::kHeader:
    case wire::Op::kHeaderRegexp:
      for (const codec::Header& header : request_.headers) {
        if (ascii::equals_ignoring_case(header.name, test.key)) json_.text(header.value);
      }
      break;
    case wire::Op::kQuery:
    case wire::Op::kQueryRegexp:
    case wire::Op::kQueryPresent:
    case wire::Op::kQueryFirst:
    case wire::Op::kQueryFirstRegexp:
      for (const router::QueryParameter& parameter : input.parameters()) {
        if (parameter.key == test.key) json_.text(parameter.value);
      }
      break;
    case wire::Op::kClientIp:
      json_.text(peer_.client_text);
      break;
    case wire::Op::kAlways:
      break;
  }
}

/// What the test compares with, as text.
std::string_view Misses::operand(const router::Failing& test) {
  switch (test.op) {
    case wire::Op::kHostRegexp:
    case wire::Op::kPathRegexp:
    case wire::Op::kHeaderRegexp:
    case wire::Op::kQueryRegexp:
    case wire::Op::kQueryFirstRegexp:
      return snapshot_.patterns[test.operand];
    case wire::Op::kClientIp:
      return range_text(snapshot_.ranges[test.operand]);
    default:
      return test.value;
  }
}

std::string_view Misses::range_text(const wire::Cidr& range) {
  char buffer[INET6_ADDRSTRLEN];
  const net::IpAddress address{range.high, range.low};
  const std::uint32_t bits = address.is_v4() && range.bits >= 96 ? range.bits - 96 : range.bits;
  return arena_.concat(address.format(buffer), std::string_view("/"), std::string_view(std::to_string(bits)));
}

}  // namespace fairlead::exchange
