// Any bytes are either refused as a set of routers, or any request can be matched against them safely.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/assert.h"
#include "router/router.h"

namespace fairlead::router {
namespace {

// Twin of fuzzInput in test/fixtures/routing.ts.
struct FuzzInput {
  std::uint64_t client_high;
  std::uint64_t client_low;
  wire::Text host;
  wire::Text path;
  wire::Text method;
  wire::Text query;
  wire::Text header_name;
  wire::Text header_value;
  wire::List<wire::Router> routers;
  wire::List<std::uint32_t> order;
  wire::List<wire::Text> patterns;
  wire::List<wire::Cidr> ranges;

  bool verify(const wire::Bounds& bounds) const {
    return host.verify(bounds) && path.verify(bounds) && method.verify(bounds) && query.verify(bounds) &&
           header_name.verify(bounds) && header_value.verify(bounds) && routers.verify(bounds) &&
           order.verify(bounds) && patterns.verify(bounds) && ranges.verify(bounds);
  }
};

void match(const FuzzInput& fuzzed) {
  const Patterns patterns(fuzzed.patterns);
  std::vector<std::string> faults;
  const auto router = Router::build({fuzzed.routers, fuzzed.order, patterns, fuzzed.ranges}, faults);
  if (router == nullptr) {
    FAIRLEAD_CHECK(!faults.empty());
    return;
  }
  Arena arena;
  codec::Request request(arena);
  request.host = fuzzed.host;
  request.path = request.routing_path = fuzzed.path;
  request.method_text = fuzzed.method;
  request.query = fuzzed.query;
  request.headers.add(codec::Header{fuzzed.header_name, fuzzed.header_value});
  codec::Peer peer;
  peer.client.ip = {fuzzed.client_high, fuzzed.client_low};

  MatchInput input(request, peer);
  const std::uint32_t found = router->find(input);
  if (found != wire::kNone) FAIRLEAD_CHECK(found < fuzzed.routers.size());
  const Tables tables{patterns.compiled(), {fuzzed.ranges.begin(), fuzzed.ranges.size()}};
  for (const std::uint32_t index : fuzzed.order) {
    const auto& program = fuzzed.routers[index].program;
    if (program.empty()) continue;  // the index alone decides
    run({program.begin(), program.size()}, tables, input);
  }
}

}  // namespace
}  // namespace fairlead::router

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fairlead::router::FuzzInput;
  if (size < sizeof(FuzzInput)) return 0;
  // Exactly as many words as needed, so that the sanitizer sees reads behind the end.
  const auto words = std::make_unique<std::uint64_t[]>((size + 7) / 8);
  std::memcpy(words.get(), data, size);
  const auto* begin = reinterpret_cast<const std::byte*>(words.get());
  const auto* input = reinterpret_cast<const FuzzInput*>(begin);
  if (input->verify({begin, begin + size})) fairlead::router::match(*input);
  return 0;
}
