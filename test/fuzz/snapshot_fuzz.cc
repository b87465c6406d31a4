// Any bytes are either refused as a snapshot, or a plan can be made of them and any request be taken through it safely. Even
// inputs are snapshots; odd ones are changes to a sound one, which get further than bytes from nowhere.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "exchange/plan.h"
#include "router/match_input.h"
#include "test/support/native/snapshot_writer.h"

namespace fairlead {
namespace {

using exchange::Plan;
using exchange::SharedStates;
using exchange::SnapshotBytes;
using Bytes = std::vector<std::byte>;

const Bytes& sound() {
  static const Bytes bytes = [] {
    test::SnapshotSpec spec;
    spec.entry_points = {{.name = "a", .routers = {0, 1}}, {.name = "b", .routers = {1}}};
    spec.routers = {{.path = "/one", .service = 2, .chain = {0, 1}}, {.path = "/", .service = 0, .name = "two@test"}};
    spec.services = {{.servers = {{.port = 1, .identity = 11}, {.port = 2, .identity = 12}}, .identity = 21},
                     {.servers = {{.port = 3, .identity = 13}}, .identity = 22, .chain = {1}},
                     {.kind = wire::ServiceKind::kWeighted, .children = {{0}, {1, 3}}, .identity = 23}};
    spec.middlewares = {{.index = 0, .prefix = "/x"}, {.index = 1, .prefix = "/y"}};
    spec.access_log = "/nowhere/access.log";
    const test::SnapshotWriter writer(spec);
    return Bytes(writer.bytes().begin(), writer.bytes().end());
  }();
  return bytes;
}

/// Each change: two bytes that say where, one how many (1 to 8), and what stands there then.
Bytes changed(std::string_view changes) {
  Bytes bytes = sound();
  while (changes.size() > 3) {
    const std::size_t at = (static_cast<std::size_t>(static_cast<unsigned char>(changes[0])) << 8 |
                            static_cast<unsigned char>(changes[1])) %
                           bytes.size();
    const std::size_t wanted = 1 + static_cast<unsigned char>(changes[2]) % 8;
    changes.remove_prefix(3);
    const std::size_t count = std::min({wanted, changes.size(), bytes.size() - at});
    std::memcpy(bytes.data() + at, changes.data(), count);
    changes.remove_prefix(count);
  }
  return bytes;
}

/// Building TLS contexts is the TLS library's work, and takes milliseconds.
bool has_tls(const wire::Snapshot& root) {
  const auto any_server = [](const wire::Service& service) {
    return std::ranges::any_of(service.servers, [](const wire::Server& server) -> bool { return server.tls; });
  };
  return std::ranges::any_of(root.services, any_server) || !root.configs.forward_auth.empty() ||
         std::ranges::any_of(root.entry_points, [](const wire::EntryPoint& e) { return !e.tls_routers.empty(); });
}

void walk(const Plan& plan, std::uint32_t service) {
  const wire::Service& record = plan.snapshot().services[service];
  for (const middleware::Middleware* link : plan.service_chain(service)) {
    if (link != nullptr) FAIRLEAD_CHECK(link->state_bytes() < (1U << 20));
  }
  for (std::uint32_t i = 0; i < record.servers.size(); ++i) {
    const exchange::Target& target = plan.target(plan.first_target(service) + i);
    FAIRLEAD_CHECK(target.server == &record.servers[i] && target.transport != nullptr);
  }
  // Every walk ends: verify() has seen to it. One way down is enough, or the number of ways decides over the time.
  if (!record.children.empty()) walk(plan, record.children[record.children.size() - 1].service);
}

void ask(const Plan& plan, std::uint32_t entry_point, std::string_view path) {
  Arena arena;
  codec::Request request(arena);
  const codec::Peer peer;
  request.method_text = "GET";
  request.host = request.authority = "example.com";
  request.path = request.routing_path = path;
  request.headers.add("X-A", "b");
  for (const bool tls : {false, true}) {
    router::MatchInput input(request, peer);
    const wire::Snapshot& root = plan.snapshot();
    // Every way down through the layers ends, as verify() has seen to.
    const router::Router* routes = &plan.routes(entry_point, tls);
    while (routes != nullptr) {
      const std::uint32_t found = routes->find(input);
      if (found == wire::kNone) break;
      FAIRLEAD_CHECK(found < root.routers.size());
      const wire::Router& router = root.routers[found];
      FAIRLEAD_CHECK(plan.router_chain(found).size() == router.chain.size());
      routes = router.layer == wire::kNone ? nullptr : &plan.layer(router.layer);
      if (routes == nullptr) walk(plan, router.service);
    }
  }
}

void check(Bytes bytes) {
  // Seeds outlive changes of the records: what matters is behind the fingerprint.
  const std::uint64_t fingerprint = wire::kFingerprint;
  if (bytes.size() >= sizeof(wire::Snapshot)) {
    std::memcpy(bytes.data() + offsetof(wire::Snapshot, fingerprint), &fingerprint, sizeof(fingerprint));
  }
  std::string fault;
  std::unique_ptr<SnapshotBytes> verified = SnapshotBytes::verify(bytes, fault);
  FAIRLEAD_CHECK((verified == nullptr) == !fault.empty());
  if (verified == nullptr || has_tls(verified->root())) return;
  SharedStates states;
  std::vector<std::string> faults;
  const std::unique_ptr<Plan> plan = Plan::build(std::move(verified), {states, nullptr, nullptr}, faults);
  FAIRLEAD_CHECK(plan != nullptr || !faults.empty());
  if (plan == nullptr) return;
  for (std::uint32_t i = 0; i < plan->snapshot().entry_points.size(); ++i) {
    ask(*plan, i, "/");
    ask(*plan, i, "/one/two");
  }
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0 || size > 16384) return 0;
  const auto* const begin = reinterpret_cast<const std::byte*>(data) + 1;
  if (data[0] % 2 == 0) {
    check(Bytes(begin, begin + size - 1));
  } else {
    check(changed({reinterpret_cast<const char*>(begin), size - 1}));
  }
  return 0;
}
