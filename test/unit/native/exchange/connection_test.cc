#include "exchange/connection.h"

#include <doctest/doctest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using stats::Counter;
using test::Fd;
using test::ScriptedServer;
using test::SnapshotSpec;
using test::WorkerFixture;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Services that stand behind one another: the ports are servers of one service.
SnapshotSpec forwarding_to(std::vector<std::uint16_t> ports) {
  SnapshotSpec spec;
  std::uint64_t identity = 10;
  for (const std::uint16_t port : ports) spec.services[0].servers.push_back({.port = port, .identity = ++identity});
  return spec;
}

SnapshotSpec internal(wire::ServiceKind kind) {
  SnapshotSpec spec;
  spec.services[0].kind = kind;
  spec.services[0].name = "service@internal";
  return spec;
}

/// Answers every request of a connection with `response`, until the proxy closes it.
ScriptedServer::Serve always(std::string response) {
  return [response = std::move(response)](int fd, int) {
    while (test::read_until(fd, "\r\n\r\n").ends_with("\r\n\r\n")) test::send_all(fd, response);
  };
}

int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::stoi(std::string(response.substr(9, 3)));
}

}  // namespace

TEST_CASE("a request is answered by its server, over connections that are used again") {
  ScriptedServer server(always(std::string(kHello)));
  WorkerFixture f(forwarding_to({server.port()}));
  Fd client = f.connect();
  for (int i = 0; i < 3; ++i) {
    const std::string response = f.ask(client, kGet, "hello");
    CHECK(status_of(response) == 200);
    CHECK(response.find("Content-Length: 5\r\n") != std::string::npos);
  }
  Fd other = f.connect();
  CHECK(status_of(f.ask(other, kGet, "hello")) == 200);
  CHECK(server.accepted() == 1);
  CHECK(f.count(Counter::kConnectionsOpen) == 2);
  CHECK(f.count(Counter::kRequestsTotal) == 4);
  CHECK(f.count(Counter::kRequestsActive) == 0);
  CHECK(f.count(Counter::kUpstreamConnects) == 1);
  CHECK(f.count(Counter::kUpstreamReused) == 3);
  CHECK(f.count(Counter::kResponses2xx) == 4);
  CHECK(f.worker.loop.in_flight == 0);
  client.reset();
  test::run_until(f.worker.loop, [&] { return f.count(Counter::kConnectionsOpen) == 1; });
}

TEST_CASE("requests that come together are answered in order") {
  ScriptedServer server([](int fd, int) {
    for (;;) {
      const std::string head = test::read_until(fd, "\r\n\r\n");
      if (!head.ends_with("\r\n\r\n")) return;
      const std::string path = head.substr(4, head.find(' ', 4) - 4);
      test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(path.size()) + "\r\n\r\n" + path);
    }
  });
  WorkerFixture f(forwarding_to({server.port()}));
  const Fd client = f.connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /" + std::to_string(i) + "! HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string all = f.ask(client, requests, "/19!");
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = all.find("\r\n\r\n/" + std::to_string(i) + "!", at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("a server that refuses is passed over, whatever the method, because nothing was sent") {
  ScriptedServer server([](int fd, int) {
    test::read_until(fd, "body");
    test::send_all(fd, kHello);
  });
  WorkerFixture f(forwarding_to({test::closed_port(), server.port()}));
  const Fd client = f.connect();
  const std::string response = f.ask(client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", "hello");
  CHECK(status_of(response) == 200);
  CHECK(f.count(Counter::kUpstreamRetries) == 1);
  CHECK(f.count(Counter::kUpstreamConnectFailures) == 1);
}

TEST_CASE("when no server can be reached the client is told, and told apart from a service without servers") {
  WorkerFixture refused(forwarding_to({test::closed_port(), test::closed_port()}));
  const Fd one = refused.connect();
  CHECK(status_of(refused.ask(one, kGet, "Bad Gateway")) == 502);
  CHECK(refused.count(Reason::kConnectFailed) == 1);
  CHECK(refused.count(Counter::kUpstreamRetries) == 1);

  WorkerFixture empty(forwarding_to({}));
  const Fd other = empty.connect();
  CHECK(status_of(empty.ask(other, kGet, "no available server\n")) == 503);
  CHECK(empty.count(Reason::kNoServer) == 1);
}

TEST_CASE("an idle connection that the server closed is replaced for a request that may be repeated") {
  // The first connection answers once and ends when the next request arrives.
  const auto serve = [](int fd, int number) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, kHello);
    if (number > 0) test::read_until(fd, "never");
    test::read_until(fd, "\r\n\r\n");
  };
  SUBCASE("GET is sent again") {
    ScriptedServer server(serve);
    WorkerFixture f(forwarding_to({server.port()}));
    const Fd client = f.connect();
    CHECK(status_of(f.ask(client, kGet, "hello")) == 200);
    CHECK(status_of(f.ask(client, kGet, "hello")) == 200);
    CHECK(server.accepted() == 2);
    CHECK(f.count(Counter::kUpstreamRetries) == 1);
    f.worker.cut();
    f.worker.plan = {};
  }
  SUBCASE("POST is not") {
    ScriptedServer server(serve);
    WorkerFixture f(forwarding_to({server.port()}));
    const Fd client = f.connect();
    CHECK(status_of(f.ask(client, kGet, "hello")) == 200);
    const std::string response =
        f.ask(client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "Bad Gateway");
    CHECK(status_of(response) == 502);
    CHECK(f.count(Reason::kUpstreamReset) == 1);
    f.worker.cut();
    f.worker.plan = {};
  }
}

TEST_CASE("a server that does not answer in time is a gateway timeout") {
  std::promise<void> over;
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    over.get_future().wait();
  });
  SnapshotSpec spec = forwarding_to({server.port()});
  spec.response_header_timeout = 20 * kMillisecond;
  WorkerFixture f(spec);
  const Fd client = f.connect();
  CHECK(status_of(f.ask(client, kGet, "Gateway Timeout")) == 504);
  CHECK(f.count(Reason::kUpstreamHeadTimeout) == 1);
  over.set_value();
}

TEST_CASE("the time for a response head does not run once the head has come, though the request ends later") {
  std::promise<void> finish;
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    test::read_until(fd, "0\r\n\r\n");
    finish.get_future().wait();
    test::send_all(fd, "4\r\nlast\r\n0\r\n\r\n");
  });
  SnapshotSpec spec = forwarding_to({server.port()});
  spec.response_header_timeout = 30 * kMillisecond;
  WorkerFixture f(spec);
  const Fd client = f.connect();
  const std::string head =
      f.ask(client, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "first\r\n");
  CHECK(status_of(head) == 200);
  test::send_all(client.get(), "0\r\n\r\n");
  f.pass(100 * kMillisecond);
  finish.set_value();
  CHECK(f.receive(client, "0\r\n\r\n").ends_with("last\r\n0\r\n\r\n"));
}

TEST_CASE("a client that goes away ends its exchange on both sides") {
  std::promise<void> asked;
  std::promise<std::string> rest;
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    asked.set_value();
    rest.set_value(test::read_to_end(fd));
  });
  WorkerFixture f(forwarding_to({server.port()}));
  Fd client = f.connect();
  test::send_all(client.get(), kGet);
  const std::future<void> begun = asked.get_future();
  test::run_until(f.worker.loop, [&] { return begun.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  CHECK(f.count(Counter::kRequestsActive) == 1);
  client.reset();
  test::run_until(f.worker.loop, [&] { return f.count(Counter::kConnectionsOpen) == 0; });
  CHECK(rest.get_future().get().empty());
  CHECK(f.count(Counter::kRequestsActive) == 0);
  CHECK(f.count(Reason::kClientClosed) == 1);
  CHECK(f.worker.buffers.used_bytes() == 0);
}

TEST_CASE("a response that cannot be completed is cut, not ended") {
  ScriptedServer server([](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  });
  WorkerFixture f(forwarding_to({server.port()}));
  const Fd client = f.connect(test::tcp_pair());
  CHECK(f.ask(client, kGet, "never").ends_with("hello"));
  CHECK(f.last_error == ECONNRESET);
  CHECK(f.count(Counter::kConnectionsOpen) == 0);
  CHECK(f.count(Reason::kUpstreamTruncated) == 1);
}

TEST_CASE("an expectation is answered by the server, or by us when it says nothing") {
  const std::string_view head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  for (const bool server_says : {true, false}) {
    CAPTURE(server_says);
    ScriptedServer server([server_says](int fd, int) {
      const std::string got = test::read_until(fd, "\r\n\r\n");
      if (server_says) test::send_all(fd, "HTTP/1.1 100 Continue\r\n\r\n");
      test::read_until(fd, "body");
      test::send_all(fd, kHello);
    });
    WorkerFixture f(forwarding_to({server.port()}));
    const Fd client = f.connect();
    CHECK(f.ask(client, head, "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(status_of(f.ask(client, "body", "hello")) == 200);
  }
}

TEST_CASE("a final answer instead of a continuation leaves the body where it is") {
  ScriptedServer server([](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
    test::read_to_end(fd);
  });
  WorkerFixture f(forwarding_to({server.port()}));
  const Fd client = f.connect();
  const std::string response =
      f.ask(client, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", "no");
  CHECK(status_of(response) == 417);
  CHECK(response.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("a connection ends with its last request, and the response survives what the client sends behind it") {
  ScriptedServer server(always(std::string(kHello)));
  SnapshotSpec spec = forwarding_to({server.port()});
  spec.entry_points[0].keep_alive_max_requests = 1;
  WorkerFixture f(spec);
  const Fd client = f.connect(test::tcp_pair());
  // The second request is on its way before the client can know.
  const std::string all = f.ask(client, std::string(kGet) + std::string(kGet), "never");
  CHECK(all.find("Connection: close\r\n") != std::string::npos);
  CHECK(all.ends_with("hello"));
  test::send_all(client.get(), kGet);
  int error = -1;
  test::set_blocking(client.get(), true);
  test::read_to_end(client.get(), &error);
  CHECK(error == 0);
}

TEST_CASE("requests that nobody can route or understand are refused, with an id to ask about") {
  WorkerFixture f(internal(wire::ServiceKind::kPing));
  struct Case {
    std::string_view request;
    int status;
    Reason reason;
  };
  constexpr Case kCases[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400, Reason::kMalformedRequest},
      {"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501, Reason::kUnsupportedMethod},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, Reason::kUnsupportedVersion},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.request);
    const Fd client = f.connect();
    const std::string response = f.ask(client, c.request, "never");
    CHECK(status_of(response) == c.status);
    CHECK(response.find("X-Request-Id: ") != std::string::npos);
    CHECK(response.find("Connection: close\r\n") != std::string::npos);
    CHECK(f.count(c.reason) == 1);
  }
  SnapshotSpec elsewhere = internal(wire::ServiceKind::kPing);
  elsewhere.routers[0].path = "/elsewhere";
  f.install(elsewhere);
  const Fd client = f.connect();
  CHECK(status_of(f.ask(client, kGet, "404 page not found\n")) == 404);
  CHECK(f.count(Reason::kNoRoute) == 1);
}

TEST_CASE("a head that is not completed in time is answered") {
  SnapshotSpec spec = internal(wire::ServiceKind::kPing);
  spec.entry_points[0].head_timeout = 20 * kMillisecond;
  WorkerFixture f(spec);
  const Fd client = f.connect();
  CHECK(status_of(f.ask(client, "GET / HTTP/1.1\r\nHo", "never")) == 408);
  CHECK(f.count(Reason::kHeadTimeout) == 1);
  // A client that says nothing at all is only closed.
  const Fd silent = f.connect();
  CHECK(f.receive(silent, "never").empty());
}

TEST_CASE("idle connections end at their deadline") {
  SnapshotSpec spec = internal(wire::ServiceKind::kPing);
  spec.entry_points[0].idle_timeout = 20 * kMillisecond;
  WorkerFixture f(spec);
  const Fd client = f.connect();
  CHECK(f.ask(client, kGet, "never").ends_with("OK"));
  CHECK(f.count(Counter::kConnectionsOpen) == 0);
}

TEST_CASE("the proxy's own services tell how it is") {
  struct Case {
    wire::ServiceKind kind;
    bool stopping;
    std::uint64_t installed;
    int status;
    std::string_view body;
  };
  constexpr Case kCases[] = {
      {wire::ServiceKind::kPing, false, 1, 200, "OK"},
      {wire::ServiceKind::kPing, true, 1, 503, "Service Unavailable"},
      {wire::ServiceKind::kReady, false, 1, 200, "ready\n"},
      {wire::ServiceKind::kReady, false, 0, 503, "not ready\n"},
      {wire::ServiceKind::kReady, true, 1, 503, "stopping\n"},
      {wire::ServiceKind::kNoop, false, 1, 418, "I'm a teapot\n"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.body);
    WorkerFixture f(internal(c.kind));
    f.worker.stopping = c.stopping;
    f.shared.installed = c.installed;
    const Fd client = f.connect();
    CHECK(status_of(f.ask(client, kGet, c.body)) == c.status);
  }
}

TEST_CASE("weighted services lead to the services below them") {
  ScriptedServer one(always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"));
  ScriptedServer two(always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"));
  SnapshotSpec spec;
  spec.services = {{.kind = wire::ServiceKind::kWeighted, .children = {{1, 3}, {2, 1}}, .identity = 1},
                   {.servers = {{.port = one.port(), .identity = 11}}, .identity = 2},
                   {.servers = {{.port = two.port(), .identity = 12}}, .identity = 3}};
  WorkerFixture f(spec);
  int ones = 0;
  {
    const Fd client = f.connect();
    for (int i = 0; i < 8; ++i) {
      test::send_all(client.get(), kGet);
      std::string response;
      test::run_until(f.worker.loop, [&] {
        response += test::received(client.get());
        return response.ends_with("one") || response.ends_with("two");
      });
      ones += response.ends_with("one") ? 1 : 0;
    }
  }
  CHECK(ones == 6);
  f.worker.cut();
  f.worker.plan = {};
}

TEST_CASE("a request is routed by what its host is an alias of, once that is known") {
  SnapshotSpec spec = internal(wire::ServiceKind::kPing);
  spec.routers[0].host = "edge.example";
  spec.flattens_hosts = true;
  WorkerFixture f(spec);
  f.canonical_of = {{"www.example", "edge.example"}};
  const Fd client = f.connect();
  for (int i = 0; i < 2; ++i) {
    CHECK(status_of(f.ask(client, "GET / HTTP/1.1\r\nHost: WWW.example:80\r\n\r\n", "OK")) == 200);
    CHECK(status_of(f.ask(client, "GET / HTTP/1.1\r\nHost: edge.example\r\n\r\n", "OK")) == 200);
  }
  CHECK(f.worker.canonical_names.size() == 2);
  constexpr std::string_view kNotFound = "404 page not found\n";
  CHECK(status_of(f.ask(client, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", kNotFound)) == 404);
  CHECK(status_of(f.ask(client, "GET / HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n", kNotFound)) == 404);
  CHECK(f.worker.canonical_names.size() == 3);
  // Nobody asks when the configuration does not.
  spec.flattens_hosts = false;
  f.install(spec);
  CHECK(status_of(f.ask(client, "GET / HTTP/1.1\r\nHost: www.example\r\n\r\n", kNotFound)) == 404);
}

TEST_CASE("a client that goes away while its host is looked up ends its exchange") {
  SnapshotSpec spec = internal(wire::ServiceKind::kPing);
  spec.flattens_hosts = true;
  WorkerFixture f(spec);
  std::promise<void> answer;
  f.hold_canonical = answer.get_future().share();
  {
    const Fd client = f.connect();
    test::send_all(client.get(), kGet);
    test::run_until(f.worker.loop, [&] { return f.worker.canonical_names.asking() == 1; });
    CHECK(f.worker.loop.in_flight == 1);
  }
  test::run_until(f.worker.loop, [&] { return f.worker.loop.in_flight == 0; });
  CHECK(f.count(Reason::kClientClosed) == 1);
  answer.set_value();
  test::run_until(f.worker.loop, [&] { return f.worker.canonical_names.asking() == 0; });
}

TEST_CASE("a broken middleware fails its routes, not the proxy") {
  SnapshotSpec spec = internal(wire::ServiceKind::kPing);
  spec.middlewares = {{.kind = 999}};
  spec.routers[0].chain = {0};
  WorkerFixture f(spec);
  const Fd client = f.connect();
  CHECK(status_of(f.ask(client, kGet, "Internal Server Error")) == 500);
  CHECK(f.count(Reason::kMiddlewareFailed) == 1);
}

TEST_CASE("what is in flight ends under the plan it began with, what comes next uses the new one") {
  std::promise<void> asked;
  std::promise<void> finish;
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    asked.set_value();
    finish.get_future().wait();
    test::send_all(fd, kHello);
  });
  WorkerFixture f(forwarding_to({server.port()}));
  const Fd client = f.connect();
  test::send_all(client.get(), kGet);
  const std::future<void> begun = asked.get_future();
  test::run_until(f.worker.loop, [&] { return begun.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  f.install(internal(wire::ServiceKind::kPing));
  finish.set_value();
  CHECK(f.receive(client, "hello").ends_with("hello"));
  CHECK(f.ask(client, kGet, "OK").ends_with("OK"));
}

TEST_CASE("cutting tells how many were busy, and counts them") {
  std::promise<void> asked;
  ScriptedServer server([&](int fd, int) {
    test::read_until(fd, "\r\n\r\n");
    asked.set_value();
    test::read_to_end(fd);
  });
  WorkerFixture f(forwarding_to({server.port()}));
  const Fd idle = f.connect();
  const Fd client = f.connect();
  test::send_all(client.get(), kGet);
  const std::future<void> begun = asked.get_future();
  test::run_until(f.worker.loop, [&] { return begun.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  CHECK(f.worker.cut() == 1);
  CHECK(f.worker.connections.empty());
  CHECK(f.shared.ended == 2);
  CHECK(f.count(Reason::kDraining) == 1);
  CHECK(f.count(Counter::kRequestsActive) == 0);
  CHECK(f.worker.loop.in_flight == 0);
}

TEST_CASE("while draining a connection answers once more and ends, and an idle one ends when it is quiet") {
  WorkerFixture f(internal(wire::ServiceKind::kPing));
  const Fd client = f.connect();
  const Fd idle = f.connect();
  CHECK(f.ask(client, kGet, "OK").ends_with("OK"));
  f.worker.drain();
  CHECK(f.count(Counter::kConnectionsOpen) == 2);
  const std::string last = f.ask(client, kGet, "never");
  CHECK(last.find("Connection: close\r\n") != std::string::npos);
  test::run_until(f.worker.loop, [&] {
    f.worker.drain();
    return f.count(Counter::kConnectionsOpen) == 0;
  });
  CHECK(f.receive(idle, "never").empty());
}
