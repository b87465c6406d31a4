#include "exchange/snapshot_bytes.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "test/support/native/snapshot_writer.h"

using namespace fairlead;
using exchange::SnapshotBytes;
using test::ServiceSpec;
using test::SnapshotSpec;
using test::SnapshotWriter;

namespace {

/// Why the snapshot is refused, "" when it is not.
std::string refusal(std::span<const std::byte> bytes) {
  std::string fault;
  const auto snapshot = SnapshotBytes::verify(bytes, fault);
  CHECK((snapshot == nullptr) == !fault.empty());
  return fault;
}

std::string refusal(const SnapshotSpec& spec) { return refusal(SnapshotWriter(spec).bytes()); }

/// Weighted services, one below the other; the last one is a load balancer.
SnapshotSpec chain_of(std::uint32_t length) {
  SnapshotSpec spec;
  spec.services.clear();
  for (std::uint32_t i = 1; i < length; ++i) {
    spec.services.push_back({.kind = wire::ServiceKind::kWeighted, .children = {{i}}});
  }
  spec.services.push_back({});
  return spec;
}

}  // namespace

TEST_CASE("a snapshot whose references are whole is accepted and read in place") {
  std::string fault;
  SnapshotSpec spec;
  spec.generation = 42;
  spec.entry_points[0].name = "web";
  const auto snapshot = SnapshotBytes::verify(SnapshotWriter(spec).bytes(), fault);
  REQUIRE(snapshot != nullptr);
  CHECK(snapshot->root().generation == 42);
  CHECK(snapshot->root().entry_points[0].name.view() == "web");
}

TEST_CASE("an index that leads nowhere is refused, with the reason") {
  struct Case {
    std::string_view reason;
    std::function<void(SnapshotSpec&)> breaks;
  };
  const Case cases[] = {
      {"the snapshot was made for another build", [](SnapshotSpec& s) { s.fingerprint ^= 1; }},
      {"an entry point names a router that does not exist",
       [](SnapshotSpec& s) {
         s.entry_points[0].routers = {0, 1};
       }},
      {"an entry point names a router that does not exist",
       [](SnapshotSpec& s) { s.entry_points[0].tls_routers = {0xffffffff}; }},
      {"an entry point names TLS options that do not exist",
       [](SnapshotSpec& s) { s.entry_points[0].tls_routers = {0}; }},
      {"a router names a service that does not exist", [](SnapshotSpec& s) { s.routers[0].service = 1; }},
      {"a router names a service that does not exist", [](SnapshotSpec& s) { s.services.clear(); }},
      {"a router names a middleware that does not exist", [](SnapshotSpec& s) { s.routers[0].chain = {0}; }},
      {"a service names a middleware that does not exist", [](SnapshotSpec& s) { s.services[0].chain = {7}; }},
      {"a service is of an unknown kind",
       [](SnapshotSpec& s) { s.services[0].kind = static_cast<wire::ServiceKind>(99); }},
      {"a service lacks what its kind needs",
       [](SnapshotSpec& s) { s.services[0] = {.kind = wire::ServiceKind::kMirroring, .mirroring = {{}}}; }},
      {"a service lacks what its kind needs",
       [](SnapshotSpec& s) { s.services.push_back({.kind = wire::ServiceKind::kMirroring, .children = {{0}}}); }},
      {"a service lacks what its kind needs",
       [](SnapshotSpec& s) {
         s.services.push_back({.kind = wire::ServiceKind::kFailover, .children = {{0}}, .failover = {{}}});
       }},
      {"a service lacks what its kind needs",
       [](SnapshotSpec& s) {
         s.services.push_back({.kind = wire::ServiceKind::kFailover, .children = {{0}, {0}}});
       }},
      {"a service has an unknown strategy", [](SnapshotSpec& s) { s.services[0].strategy = 99; }},
      {"a cookie names a server that does not exist",
       [](SnapshotSpec& s) { s.services[0].sticky = {{.current = {"value"}}}; }},
      {"a cookie names a server that does not exist",
       [](SnapshotSpec& s) {
         s.services[0].servers = {{}};
         s.services[0].sticky = {{.current = {"value"}, .former = {"old", "older"}}};
       }},
      {"a service names a transport that does not exist",
       [](SnapshotSpec& s) {
         s.services[0].servers = {{}};
         s.services[0].transport = 1;
       }},
      {"a service names a service that does not exist",
       [](SnapshotSpec& s) { s.services[0] = {.kind = wire::ServiceKind::kWeighted, .children = {{1}}}; }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.reason);
    SnapshotSpec spec;
    c.breaks(spec);
    CHECK(refusal(spec) == c.reason);
  }
}

TEST_CASE("a transport is asked of services with servers only") {
  SnapshotSpec spec;
  spec.transports = 0;
  CHECK(refusal(spec).empty());
}

TEST_CASE("an entry point may have no TLS options: they are broken, and handshakes that need them are refused") {
  SnapshotSpec spec;
  spec.entry_points[0].tls_routers = {0};
  spec.entry_points[0].default_tls_options = wire::kNone;
  CHECK(refusal(spec).empty());
}

TEST_CASE("services may nest, to a bound, and never in a circle") {
  constexpr std::string_view kReason = "services are nested too deeply or in a circle";
  CHECK(refusal(chain_of(1)).empty());
  CHECK(refusal(chain_of(exchange::kDeepestService + 1)).empty());
  CHECK(refusal(chain_of(exchange::kDeepestService + 2)) == kReason);
  CHECK(refusal(chain_of(10'000)) == kReason);

  SnapshotSpec own = chain_of(2);
  own.services[0].children = {{0}};
  CHECK(refusal(own) == kReason);
  SnapshotSpec circle = chain_of(3);
  circle.services[2] = {.kind = wire::ServiceKind::kWeighted, .children = {{0}}};
  CHECK(refusal(circle) == kReason);
  // A circle that no router leads to.
  SnapshotSpec aside = chain_of(1);
  aside.services.push_back({.kind = wire::ServiceKind::kWeighted, .children = {{2}}});
  aside.services.push_back({.kind = wire::ServiceKind::kWeighted, .children = {{1}}});
  CHECK(refusal(aside) == kReason);
}

TEST_CASE("layers of routers may nest, to a bound, and never in a circle") {
  constexpr std::string_view kReason = "routers are nested too deeply or in a circle";
  // Router i stands in layer i - 1 and leads to layer i; the last one has a service.
  const auto layers = [](std::uint32_t count) {
    SnapshotSpec spec;
    for (std::uint32_t i = 0; i < count; ++i) {
      spec.routers[i].layer = i;
      spec.routers[i].service = wire::kNone;
      spec.routers.push_back({});
      spec.layers.push_back({i + 1});
    }
    return spec;
  };
  CHECK(refusal(layers(0)).empty());
  CHECK(refusal(layers(exchange::kDeepestLayer + 1)).empty());
  CHECK(refusal(layers(exchange::kDeepestLayer + 2)) == kReason);
  CHECK(refusal(layers(10'000)) == kReason);

  SnapshotSpec circle = layers(2);
  circle.layers[1] = {0};
  CHECK(refusal(circle) == kReason);
  SnapshotSpec unknown = layers(1);
  unknown.routers[0].layer = 1;
  CHECK(refusal(unknown) == "a router names a layer that does not exist");
  SnapshotSpec outside = layers(1);
  outside.layers[0] = {2};
  CHECK(refusal(outside) == "a layer names a router that does not exist");
}

TEST_CASE("the number of ways from service to service does not matter, only their length") {
  // Sixteen levels of sixteen services, each over all of the next level: 16^16 ways down.
  constexpr std::uint32_t kWidth = 16;
  SnapshotSpec spec;
  spec.services.clear();
  for (std::uint32_t level = 0; level < exchange::kDeepestService; ++level) {
    for (std::uint32_t i = 0; i < kWidth; ++i) {
      ServiceSpec& service = spec.services.emplace_back();
      service.kind = wire::ServiceKind::kWeighted;
      for (std::uint32_t child = 0; child < kWidth; ++child) service.children.push_back({(level + 1) * kWidth + child});
    }
  }
  for (std::uint32_t i = 0; i < kWidth; ++i) spec.services.push_back({});
  CHECK(refusal(spec).empty());
}

TEST_CASE("bytes that are no snapshot, or not the whole of one, are refused") {
  CHECK(refusal(std::span<const std::byte>()) == "the snapshot is too short");
  SnapshotSpec spec;
  spec.services[0].servers = {{.port = 80}, {.port = 81}};
  const SnapshotWriter writer(spec);
  const std::span<const std::byte> whole = writer.bytes();
  CHECK(refusal(whole).empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    // Padding at the end may be missing; whatever is accepted must be readable, which a sanitizer watches.
    std::string fault;
    const auto snapshot = SnapshotBytes::verify(whole.subspan(0, size), fault);
    if (snapshot != nullptr) CHECK(snapshot->root().services[0].servers.size() == 2);
    if (size < sizeof(wire::Snapshot)) CHECK(fault == "the snapshot is too short");
  }
}

TEST_CASE("whatever bits are turned, reading what is accepted stays inside") {
  SnapshotSpec spec;
  spec.services = {{.kind = wire::ServiceKind::kWeighted, .children = {{1}}}, {.servers = {{.port = 80}}}};
  spec.middlewares = {{.prefix = "/x"}};
  spec.routers[0].chain = {0};
  const SnapshotWriter writer(spec);
  std::vector<std::byte> bytes(writer.bytes().begin(), writer.bytes().end());
  unsigned accepted = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    std::string fault;
    const auto snapshot = SnapshotBytes::verify(bytes, fault);
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    if (snapshot == nullptr) continue;
    ++accepted;
    std::size_t read = 0;
    const wire::Snapshot& root = snapshot->root();
    for (const wire::EntryPoint& entry_point : root.entry_points) {
      for (const std::uint32_t router : entry_point.plain_routers) read += root.routers[router].name.view().size();
    }
    for (const wire::Router& router : root.routers) {
      read += root.services[router.service].name.view().size();
      for (const std::uint32_t index : router.chain) read += root.middlewares[index].name.view().size();
    }
    for (const wire::Service& service : root.services) {
      for (const wire::Child& child : service.children) read += root.services[child.service].name.view().size();
      for (const wire::Server& server : service.servers) {
        read +=
            server.url.view().size() + static_cast<std::size_t>(root.transports[service.transport].dial_timeout & 1);
      }
    }
    CHECK(read < 100'000);
  }
  CHECK(accepted > 0);
}
