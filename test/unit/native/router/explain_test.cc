#include "router/explain.h"

#include "test/support/native/routes.h"
#include "test/unit/native/router/routing_fixture.h"

namespace fairlead::router {
namespace {

using test::Encoded;
using test::Route;
using test::RouteTable;
using test::RouteWriter;

class Explained {
 public:
  Explained(const std::vector<Route>& routes, const Sample& sample, std::size_t most = 20)
      : encoded_(RouteWriter(routes).bytes()),
        patterns_(encoded_->patterns),
        router_(built({encoded_->routers, encoded_->order, patterns_, encoded_->ranges})),
        received_(sample),
        input_(received_.input()),
        explanation_(explain(*router_, input_, most)) {}

  const Explanation* operator->() const { return &explanation_; }
  std::vector<std::uint32_t> missed() const {
    std::vector<std::uint32_t> routers;
    for (const NearMiss& miss : explanation_.near_misses) routers.push_back(miss.router);
    return routers;
  }
  const NearMiss& miss(std::size_t at) const { return explanation_.near_misses.at(at); }

 private:
  Encoded<RouteTable> encoded_;
  Patterns patterns_;
  std::unique_ptr<Router> router_;
  Received received_;
  MatchInput input_;
  Explanation explanation_;
};

using Routers = std::vector<std::uint32_t>;

TEST_CASE("an explanation chooses as find() does") {
  const Explained found({{"a.com", "/a"}, {"a.com", "/"}}, {.host = "a.com", .path = "/a"});
  CHECK(found->chosen == 0);
  CHECK(found.missed() == Routers{1});
  CHECK(found.miss(0).outranked);
  CHECK(found.miss(0).failing.empty());
}

TEST_CASE("nothing is searched for where nobody asks for near misses") {
  const Explained found({{"a.com", "/a"}, {"a.com", "/"}}, {.host = "a.com", .path = "/a"}, 0);
  CHECK(found->chosen == 0);
  CHECK(found.missed().empty());
}

TEST_CASE("a miss says which test failed first") {
  const Explained path({{"a.com", "/b"}}, {.host = "a.com", .path = "/a"});
  CHECK(path->chosen == wire::kNone);
  REQUIRE(path.miss(0).failing.size() == 1);
  CHECK(path.miss(0).failing[0].op == wire::Op::kPathPrefix);
  CHECK(path.miss(0).failing[0].value == "/b");

  const Explained host({{"www.a.com", "/a"}}, {.host = "a.com", .path = "/a"});
  REQUIRE(host.miss(0).failing.size() == 1);
  CHECK(host.miss(0).failing[0].op == wire::Op::kHost);

  const Explained method({{"a.com", "/a", false, "POST"}}, {.host = "a.com", .path = "/a"});
  REQUIRE(method.miss(0).failing.size() == 1);
  CHECK(method.miss(0).failing[0].op == wire::Op::kMethod);
  CHECK_FALSE(method.miss(0).failing[0].held);
}

TEST_CASE("the closest come first, and no more than were asked for") {
  const std::vector<Route> routes = {{"other.example", "/a"},
                                     {"www.a.com", "/a"},
                                     {"a.com", "/x"},
                                     {"a.com", "/a", false, "POST"},
                                     {"third.example", ""}};
  const Sample sample{.host = "a.com", .path = "/a"};
  CHECK(Explained(routes, sample).missed() == Routers{3, 2, 1, 0});
  CHECK(Explained(routes, sample, 2).missed() == Routers{3, 2});
}

TEST_CASE("an alias is explained as it is routed, by either name") {
  const std::vector<Route> routes = {{"edge.b.net", "/a"}, {"www.a.com", "/b"}, {"*.b.net", "/c"}, {"far.org", "/a"}};
  const Sample sample{.host = "www.a.com", .flattened_host = "edge.b.net", .path = "/a"};
  const Explained found(routes, sample);
  CHECK(found->chosen == 0);
  REQUIRE(found.missed() == Routers{1, 2, 3});
  for (const std::size_t at : {0U, 1U}) {
    REQUIRE(found.miss(at).failing.size() == 1);
    CHECK(found.miss(at).failing[0].op == wire::Op::kPathPrefix);
  }
  CHECK(found.miss(2).failing[0].op == wire::Op::kHost);
}

TEST_CASE("a router with many keys is one miss") {
  std::vector<Route> routes;
  for (int i = 0; i < 40; ++i) routes.push_back({"a.com", "/p" + std::to_string(i)});
  const Explained found(routes, {.host = "a.com", .path = "/p7"}, 5);
  CHECK(found->chosen == 7);
  CHECK(found.missed().size() == 5);
  for (const std::uint32_t router : found.missed()) CHECK(router != 7);
}

}  // namespace
}  // namespace fairlead::router
