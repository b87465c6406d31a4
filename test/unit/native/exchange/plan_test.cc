#include "exchange/plan.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "router/match_input.h"
#include "test/support/native/snapshot_writer.h"

using namespace fairlead;
using exchange::Plan;
using exchange::SharedStates;
using exchange::SnapshotBytes;
using test::SnapshotSpec;

namespace {

/// A plan and the faults found on the way to it.
struct Built {
  explicit Built(const SnapshotSpec& spec, const Plan* previous = nullptr) {
    std::string fault;
    auto bytes = SnapshotBytes::verify(test::SnapshotWriter(spec).bytes(), fault);
    REQUIRE_MESSAGE(bytes != nullptr, fault);
    plan = Plan::build(std::move(bytes), {states, nullptr, previous}, faults);
  }

  SharedStates states;
  std::vector<std::string> faults;
  std::unique_ptr<Plan> plan;
};

struct Remembered : middleware::SharedState {};

}  // namespace

TEST_CASE("routers are found by entry point, chains and targets by index") {
  SnapshotSpec spec;
  spec.entry_points = {{.name = "a", .routers = {1}}, {.name = "b", .routers = {0}}};
  spec.routers = {{.path = "/one", .service = 1, .chain = {1, 0}}, {.path = "/two", .service = 0}};
  spec.services = {{.servers = {{.port = 1, .identity = 11}, {.port = 2, .identity = 12}}, .identity = 21},
                   {.servers = {{.port = 3, .identity = 13}}, .identity = 22, .chain = {1}}};
  spec.middlewares = {{.index = 0, .prefix = "/x"}, {.index = 1, .prefix = "/y"}};
  const Built built(spec);
  CHECK(built.faults.empty());
  REQUIRE(built.plan != nullptr);
  const Plan& plan = *built.plan;

  Arena arena;
  codec::Request request(arena);
  const codec::Peer peer;
  request.path = request.routing_path = "/one/x";
  router::MatchInput input(request, peer);
  CHECK(plan.routes(0, false).find(input) == wire::kNone);
  CHECK(plan.routes(1, false).find(input) == 0);
  CHECK(plan.routes(1, true).find(input) == wire::kNone);

  REQUIRE(plan.router_chain(0).size() == 2);
  CHECK(plan.router_chain(0)[1] != plan.router_chain(0)[0]);
  CHECK(plan.service_chain(1)[0] == plan.router_chain(0)[0]);
  CHECK(plan.router_chain(1).empty());
  CHECK(plan.server_tls(0) == nullptr);

  CHECK(plan.target_count() == 3);
  CHECK(plan.first_target(0) == 0);
  CHECK(plan.first_target(1) == 2);
  CHECK(plan.target(2).server->port == 3);
  CHECK(plan.target(2).tls == nullptr);
  CHECK(plan.find_target(12) == 1);
  CHECK(plan.find_target(99) == wire::kNone);
  CHECK(plan.find_service(22) == 1);
  CHECK(plan.find_service(99) == wire::kNone);
}

TEST_CASE("a middleware that cannot be built is told of and leaves a hole in its chains, nothing else") {
  SnapshotSpec spec;
  spec.middlewares = {{.kind = 999}, {.index = 1, .prefix = "/x"}, {.index = 77}};
  spec.routers[0].chain = {0, 1, 2};
  const Built built(spec);
  REQUIRE(built.plan != nullptr);
  CHECK(built.faults == std::vector<std::string>{"middleware \"middleware@test\" is of an unknown kind",
                                                 "middleware \"middleware@test\" is of an unknown kind"});
  const exchange::Chain chain = built.plan->router_chain(0);
  CHECK(chain[0] == nullptr);
  CHECK(chain[1] != nullptr);
  CHECK(chain[2] == nullptr);
}

TEST_CASE("states of middlewares live as long as somebody holds them") {
  SharedStates states;
  auto state = std::make_shared<Remembered>();
  states.keep(7, state);
  CHECK(states.find(7) == state);
  CHECK(states.find(8) == nullptr);
  states.sweep();
  CHECK(states.find(7) == state);
  state.reset();
  CHECK(states.find(7) == nullptr);
  states.sweep();
  CHECK(states.find(7) == nullptr);
}

TEST_CASE("a plan keeps its snapshot, whatever becomes of the bytes it was read from") {
  SnapshotSpec spec;
  spec.entry_points[0].name = "kept";
  std::unique_ptr<Built> built = std::make_unique<Built>(spec);
  const std::unique_ptr<Plan> plan = std::move(built->plan);
  built.reset();
  CHECK(plan->snapshot().entry_points[0].name.view() == "kept");
}
