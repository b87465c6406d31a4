#include "router/router.h"

#include <chrono>

#include "test/support/native/routes.h"
#include "test/unit/native/router/routing_fixture.h"

namespace fairlead::router {
namespace {

using test::Encoded;
using test::Route;
using test::RouteTable;
using test::RouteWriter;
using test::WireWriter;

// A router over routes in the given order; remembers what it borrows.
class Table {
 public:
  explicit Table(const std::vector<Route>& routes)
      : encoded_(RouteWriter(routes).bytes()), patterns_(encoded_->patterns), router_(built(source())) {}

  std::uint32_t find(const Sample& sample) const {
    const Received received(sample);
    MatchInput input = received.input();
    const std::uint32_t found = router_->find(input);
    CHECK(received.arena().heap_bytes() <= 4096);  // the request's own headers
    return found;
  }
  const Router& router() const { return *router_; }

 private:
  Source source() const { return {encoded_->routers, encoded_->order, patterns_, encoded_->ranges}; }

  Encoded<RouteTable> encoded_;
  Patterns patterns_;
  std::unique_ptr<Router> router_;
};

TEST_CASE("no routes, no answer") {
  const Table table({});
  CHECK(table.find({.host = "a.com"}) == wire::kNone);
}

TEST_CASE("the earlier route wins, however it is found") {
  struct Case {
    const char* name;
    std::vector<Route> routes;
    Sample sample;
    std::uint32_t expected;
  };
  const std::vector<Case> cases = {
      {"exact host before wildcard", {{"x.a.com", ""}, {"*.a.com", ""}}, {.host = "x.a.com"}, 0},
      {"wildcard before exact host", {{"*.a.com", ""}, {"x.a.com", ""}}, {.host = "x.a.com"}, 0},
      {"any host before exact host", {{"", ""}, {"x.a.com", ""}}, {.host = "x.a.com"}, 0},
      {"any host last", {{"b.com", ""}, {"*.a.com", ""}, {"", ""}}, {.host = "a.com"}, 2},
      {"short prefix before long prefix", {{"a.com", "/a"}, {"a.com", "/a/b"}}, {.host = "a.com", .path = "/a/b"}, 0},
      {"long prefix before short prefix", {{"a.com", "/a/b"}, {"a.com", "/a"}}, {.host = "a.com", .path = "/a/b"}, 0},
      {"prefix before exact path", {{"a.com", "/a"}, {"a.com", "/a", true}}, {.host = "a.com", .path = "/a"}, 0},
      {"equal rules: the first of them", {{"a.com", "/a"}, {"a.com", "/a"}}, {.host = "a.com", .path = "/a"}, 0},
      {"a program that rejects gives way", {{"a.com", "", false, "PUT"}, {"a.com", ""}}, {.host = "a.com"}, 1},
      {"a program that accepts does not", {{"a.com", "", false, "GET"}, {"a.com", ""}}, {.host = "a.com"}, 0},
      {"an exact host without the path gives way", {{"a.com", "/b"}, {"", "/"}}, {.host = "a.com", .path = "/a"}, 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(Table(c.routes).find(c.sample) == c.expected);

    // The same with so many other routes around that every scope has a path index.
    std::vector<Route> crowded;
    for (int i = 0; i < 20; ++i) crowded.push_back({"", "/crowd" + std::to_string(i)});
    crowded.insert(crowded.end(), c.routes.begin(), c.routes.end());
    for (const Route& route : c.routes) {
      for (int i = 0; i < 20; ++i) crowded.push_back({route.host, "/crowd" + std::to_string(i), i % 2 == 0});
    }
    CHECK(Table(crowded).find(c.sample) == c.expected + 20);
  }
}

TEST_CASE("patterns, few and many, give way to what is tried before and after them") {
  for (const std::size_t others : {0, 3, 40}) {
    CAPTURE(others);
    std::vector<Route> routes;
    for (std::size_t i = 0; i < others; ++i) routes.push_back({.host_pattern = "^o" + std::to_string(i) + "-"});
    const auto first = static_cast<std::uint32_t>(routes.size());
    routes.push_back({.host = "first.a.com"});
    routes.push_back({.host_suffix = ".a.com", .host_pattern = "^[a-z]+\\.a\\.com$"});
    routes.push_back({.path = "/x", .host_pattern = "^t[0-9]+-"});
    routes.push_back({.host_pattern = "^t1-", .path_pattern = "^/y"});
    routes.push_back({.host = "t1-a.b.com"});
    routes.push_back({.path_pattern = "z$"});
    for (std::size_t i = 0; i < others; ++i) routes.push_back({.path_pattern = "^/other" + std::to_string(i)});
    const auto last = static_cast<std::uint32_t>(routes.size());
    routes.push_back({});
    const Table table(routes);
    CHECK(table.find({.host = "first.a.com"}) == first);
    CHECK(table.find({.host = "x.a.com"}) == first + 1);
    CHECK(table.find({.host = "1.a.com"}) == last);
    CHECK(table.find({.host = "t1-a.b.com", .path = "/x"}) == first + 2);
    CHECK(table.find({.host = "t1-a.b.com", .path = "/y"}) == first + 3);
    CHECK(table.find({.host = "t1-a.b.com", .path = "/"}) == first + 4);
    CHECK(table.find({.host = "t2-a.b.com", .path = "/yz"}) == first + 5);
    CHECK(table.find({.host = "", .path = "/z"}) == first + 5);
    CHECK(table.find({.host = "t2-a.b.com", .path = "/"}) == last);
    if (others > 0) CHECK(table.find({.host = "o1-x", .path = "/other2"}) == 1);
    if (others > 0) CHECK(table.find({.host = "x", .path = "/other2"}) == first + 8);
  }
}

TEST_CASE("a wildcard and a host of the same text are two things") {
  const Table table({{".a.com", ""}, {"*.a.com", ""}});
  CHECK(table.find({.host = ".a.com"}) == 0);
  CHECK(table.find({.host = "x.a.com"}) == 1);
}

TEST_CASE("a host that is an alias is found by either name, and the better route wins") {
  struct Case {
    std::vector<Route> routes;
    std::uint32_t expected;
  };
  const std::vector<Case> cases = {
      {{{"www.a.com", ""}, {"edge.b.net", ""}}, 0},
      {{{"edge.b.net", ""}, {"www.a.com", ""}}, 0},
      {{{"other.com", ""}, {"edge.b.net", ""}}, 1},
      {{{"other.com", ""}, {"*.b.net", ""}}, 1},
      {{{"", "/x"}, {"*.b.net", "", false, "GET"}}, 1},
      {{{"edge.b.net", "", false, "POST"}, {"", ""}}, 1},
      {{{.host_suffix = ".b.net", .host_pattern = "^edge"}}, 0},
      {{{.host_pattern = "^edge\\.[a-c]"}}, 0},
      {{{.host_pattern = "^www"}}, 0},
      {{{"a.com", ""}, {"b.net", ""}}, wire::kNone},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const Table table(cases[i].routes);
    CHECK(table.find({.host = "www.a.com", .flattened_host = "edge.b.net"}) == cases[i].expected);
  }
}

TEST_CASE("the same path under many hosts") {
  // Prefix "/p1" stands before the longer odd ones "/p11" to "/p19" and before the exact ones between them.
  const auto first_of = [](std::uint32_t i) { return i % 20 >= 10 ? i / 20 * 20 + 1 : i; };
  std::vector<Route> routes;
  for (int host = 0; host < 30; ++host) {
    for (int path = 0; path < 20; ++path) {
      routes.push_back({"h" + std::to_string(host), "/p" + std::to_string(path), path % 2 == 0});
    }
  }
  const Table table(routes);
  for (std::uint32_t i = 0; i < routes.size(); ++i) {
    CHECK(table.find({.host = routes[i].host, .path = routes[i].path}) == first_of(i));
  }
  CHECK(table.find({.host = "h30", .path = "/p1"}) == wire::kNone);
  CHECK(table.find({.host = "h1", .path = "/p0/x"}) == wire::kNone);
  CHECK(table.find({.host = "h1", .path = "/p3/x"}) == 23);
}

TEST_CASE("100,000 routes take little memory and little time to build") {
  struct Shape {
    const char* name;
    Route (*route)(int);
  };
  constexpr Shape kShapes[] = {
      {"a host each",
       [](int i) {
         return Route{"h" + std::to_string(i) + ".example.com", "/api"};
       }},
      {"ten paths a host",
       [](int i) {
         return Route{"h" + std::to_string(i / 10) + ".example.com", "/api/v" + std::to_string(i % 10)};
       }},
      {"one host",
       [](int i) {
         return Route{"example.com", "/service/" + std::to_string(i)};
       }},
      {"no host",
       [](int i) {
         return Route{"", "/service/" + std::to_string(i), true};
       }},
  };
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.name);
    std::vector<Route> routes;
    for (int i = 0; i < 100'000; ++i) routes.push_back(shape.route(i));
    const Encoded<RouteTable> encoded(RouteWriter(routes).bytes());
    const Patterns patterns(encoded->patterns);
    const auto start = std::chrono::steady_clock::now();
    const auto router = built({encoded->routers, encoded->order, patterns, encoded->ranges});
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    CHECK(router->memory() / routes.size() <= 150);
    CHECK(taken.count() < 2'000);  // some 30 ms when nothing else runs
    const Received received({.host = routes[77'777].host, .path = routes[77'777].path});
    MatchInput input = received.input();
    CHECK(router->find(input) == (routes[77'777].host == "example.com" ? 7 : 77'777));
  }
}

// A table of one router with one key and one instruction, to be broken.
struct Broken {
  WireWriter writer;
  std::size_t router, order, instruction, key;

  Broken() {
    writer.reserve<RouteTable>();
    router = writer.list<wire::Router>(offsetof(RouteTable, routers), 1);
    order = writer.list<std::uint32_t>(offsetof(RouteTable, order), 1);
    writer.text(writer.list<wire::Text>(offsetof(RouteTable, patterns), 1), "(?=x)");
    writer.text(router + offsetof(wire::Router, name), "web");
    instruction = writer.list<wire::Instruction>(router + offsetof(wire::Router, program), 1);
    writer.put(instruction + offsetof(wire::Instruction, on_true), wire::kAccept);
    writer.put(instruction + offsetof(wire::Instruction, on_false), wire::kReject);
    key = writer.list<wire::RouteKey>(router + offsetof(wire::Router, keys), 1);
  }

  std::unique_ptr<Router> build(std::vector<std::string>& faults) const {
    const Encoded<RouteTable> encoded(writer.bytes());
    const Patterns patterns(encoded->patterns);
    return Router::build({encoded->routers, encoded->order, patterns, encoded->ranges}, faults);
  }
};

TEST_CASE("refuses a snapshot that contradicts itself, with the reason") {
  struct Case {
    const char* reason;
    void (*damage)(Broken&);
  };
  constexpr Case kCases[] = {
      {"router index out of range", [](Broken& b) { b.writer.put(b.order, std::uint32_t{1}); }},
      {"router \"web\": unknown kind of host", [](Broken& b) { b.writer.put(b.key, std::uint8_t{5}); }},
      {"router \"web\": unknown kind of path", [](Broken& b) { b.writer.put(b.key + 1, std::uint8_t{4}); }},
      {"router \"web\": key without a host", [](Broken& b) { b.writer.put(b.key, wire::HostKind::kSuffix); }},
      {"router \"web\": pattern that decides",
       [](Broken& b) {
         b.writer.put(b.key + offsetof(wire::RouteKey, path_kind), wire::PathKind::kPattern);
         b.writer.put(b.key + offsetof(wire::RouteKey, sufficient), std::uint8_t{1});
       }},
      {"router \"web\": key without a host", [](Broken& b) { b.writer.put(b.key, std::uint8_t{1}); }},
      {"router \"web\": wildcard without a domain", [](Broken& b) { b.writer.put(b.key, std::uint8_t{2}); }},
      {"router \"web\": unknown operation",
       [](Broken& b) { b.writer.put(b.instruction + offsetof(wire::Instruction, op), std::uint16_t{16}); }},
      {"router \"web\": program without instructions",
       [](Broken& b) { b.writer.put(b.router + offsetof(wire::Router, program) + 4, std::uint32_t{0}); }},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.reason);
    Broken broken;
    c.damage(broken);
    std::vector<std::string> faults;
    CHECK(broken.build(faults) == nullptr);
    REQUIRE(faults.size() == 1);
    CHECK(faults[0] == c.reason);
  }
}

TEST_CASE("a router whose keys decide needs no program") {
  Broken broken;
  broken.writer.put(broken.router + offsetof(wire::Router, program) + 4, std::uint32_t{0});
  broken.writer.put(broken.key + offsetof(wire::RouteKey, sufficient), std::uint8_t{1});
  std::vector<std::string> faults;
  const Encoded<RouteTable> encoded(broken.writer.bytes());
  const Patterns patterns(encoded->patterns);
  const auto router = Router::build({encoded->routers, encoded->order, patterns, encoded->ranges}, faults);
  REQUIRE(router != nullptr);
  const Received received({.host = "any.example", .path = "/"});
  MatchInput input = received.input();
  CHECK(router->find(input) == 0);
}

TEST_CASE("a pattern that RE2 refuses costs its router only") {
  Broken broken;
  broken.writer.put(broken.instruction + offsetof(wire::Instruction, op), wire::Op::kPathRegexp);
  std::vector<std::string> faults;
  CHECK(broken.build(faults) != nullptr);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].starts_with("router \"web\": "));
  CHECK(faults[0].find("(?=") != std::string::npos);
}

}  // namespace
}  // namespace fairlead::router
