#include "upstream/probe.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "test/support/native/run_task.h"
#include "test/support/native/scripted_server.h"
#include "test/support/native/snapshot_writer.h"
#include "test/support/native/sockets.h"

using namespace fairlead;
using test::HealthSpec;
using test::ScriptedServer;
using upstream::ProbeResult;

namespace {

/// Answers each request by what `answer` makes of its head.
ScriptedServer::Serve answering(std::function<std::string(const std::string&)> answer) {
  return [answer = std::move(answer)](int fd, int) {
    const std::string head = test::read_until(fd, "\r\n\r\n");
    test::send_all(fd, answer(head));
    test::read_to_end(fd);
  };
}

std::string status(int code, const std::string& fields = {}) {
  return "HTTP/1.1 " + std::to_string(code) + " x\r\n" + fields + "Content-Length: 0\r\n\r\n";
}

struct Fixture {
  /// Probes the server at `port` once.
  ProbeResult probe(HealthSpec health, std::uint16_t port, const std::string& path = "/health") {
    health.probes = {path};
    test::SnapshotSpec spec;
    spec.health = {std::move(health)};
    spec.services = {{.servers = {{.port = port}}, .health = 0}};
    const test::SnapshotWriter writer(spec);
    const auto& root = *reinterpret_cast<const wire::Snapshot*>(writer.bytes().data());
    const upstream::ProbeContext context{
        {loop, scratch, resolver, counters}, buffers, pools, root.transports[0], nullptr};
    return test::run(loop, upstream::probe_http(context, root.health[0], root.health[0].probes[0]));
  }

  loop::Loop loop;
  net::StreamScratch scratch;
  net::BufferPool buffers{1 << 20};
  net::ResolverThreads threads{net::system_look_up};
  net::Resolver resolver{loop, threads};
  stats::Counters counters;
  upstream::PoolRegistry pools;
};

}  // namespace

TEST_CASE("a status from 200 to 399 passes, or the one that is configured") {
  struct Case {
    int answered;
    std::uint32_t wanted;
    bool passes;
  };
  constexpr Case kCases[] = {{200, 0, true},   {204, 0, true},    {304, 0, true},  {399, 0, true},   {400, 0, false},
                             {404, 0, false},  {500, 0, false},   {503, 0, false}, {503, 503, true}, {200, 503, false},
                             {204, 204, true}, {200, 204, false}, {418, 418, true}};
  for (const Case& c : kCases) {
    CAPTURE(c.answered);
    CAPTURE(c.wanted);
    ScriptedServer server(answering([&](const std::string&) { return status(c.answered); }));
    Fixture f;
    const ProbeResult result = f.probe({.status = c.wanted}, server.port());
    CHECK(result.passed == c.passes);
    CHECK(result.error == (c.passes ? "" : "status " + std::to_string(c.answered)));
  }
}

TEST_CASE("the request is the one that is configured") {
  std::string head;
  ScriptedServer server(answering([&](const std::string& received) {
    head = received;
    return status(200);
  }));
  Fixture f;
  CHECK(f.probe({.method = "HEAD", .headers = {{"X-Probe", "yes"}, {"User-Agent", "mine"}}}, server.port(), "/h?a=b")
            .passed);
  CHECK(head == "HEAD /h?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                    "\r\nX-Probe: yes\r\nUser-Agent: mine\r\n\r\n");
  CHECK(f.probe({}, server.port()).passed);
  CHECK(head.find("User-Agent: Fairlead-Health-Check\r\n") != std::string::npos);
}

TEST_CASE("every probe makes a connection of its own, and closes it") {
  ScriptedServer server(answering([](const std::string&) { return status(200); }));
  Fixture f;
  for (int i = 0; i < 3; ++i) CHECK(f.probe({}, server.port()).passed);
  CHECK(server.accepted() == 3);
  CHECK(f.pools.size() == 0);
}

TEST_CASE("a server that refuses, hangs up or talks nonsense fails") {
  Fixture f;
  CHECK(f.probe({}, test::closed_port()).error == "connect_failed");
  ScriptedServer silent([](int fd, int) { test::read_until(fd, "\r\n\r\n"); });
  CHECK(f.probe({}, silent.port()).error == "upstream_reset");
  ScriptedServer babbling(answering([](const std::string&) { return std::string("what?\r\n\r\n"); }));
  CHECK(f.probe({}, babbling.port()).error == "upstream_malformed");
}

TEST_CASE("interim responses are passed over, as long as there are not too many") {
  const std::string hint = "HTTP/1.1 103 Early Hints\r\n\r\n";
  ScriptedServer few(answering([&](const std::string&) { return hint + hint + status(200); }));
  Fixture f;
  CHECK(f.probe({}, few.port()).passed);
  ScriptedServer many(answering([&](const std::string&) {
    std::string all;
    for (int i = 0; i < 40; ++i) all += hint;
    return all + status(200);
  }));
  CHECK_FALSE(f.probe({}, many.port()).passed);
}

TEST_CASE("redirects are followed, or judged as they are") {
  const auto answer = [](const std::string& head) {
    if (head.starts_with("GET /health ")) return status(302, "Location: ../up?x=1#top\r\n");
    if (head.starts_with("GET /up?x=1 ")) return status(307, "Location: /really\r\n");
    return status(head.starts_with("GET /really ") ? 204 : 500);
  };
  ScriptedServer server(answering(answer));
  Fixture f;
  CHECK(f.probe({.status = 204}, server.port()).passed);
  CHECK(server.accepted() == 3);
  CHECK(f.probe({.follow_redirects = false}, server.port()).passed);
  CHECK_FALSE(f.probe({.follow_redirects = false, .status = 204}, server.port()).passed);
}

TEST_CASE("a redirect may lead to another server") {
  std::string head;
  ScriptedServer other(answering([&](const std::string& received) {
    head = received;
    return status(200);
  }));
  ScriptedServer server(answering([&](const std::string&) {
    return status(303, "Location: http://localhost:" + std::to_string(other.port()) + "?up\r\n");
  }));
  Fixture f;
  CHECK(
      f.probe({.method = "POST", .headers = {{"Authorization", "secret"}, {"X-Probe", "yes"}}}, server.port()).passed);
  CHECK(head.starts_with("GET /?up HTTP/1.1\r\nHost: localhost:" + std::to_string(other.port()) + "\r\n"));
  CHECK(head.find("secret") == std::string::npos);
  CHECK(head.find("X-Probe: yes\r\n") != std::string::npos);
}

TEST_CASE("a redirect that keeps the method keeps it") {
  std::vector<std::string> methods;
  const auto answer = [&](const std::string& head) {
    methods.push_back(head.substr(0, head.find(' ')));
    return methods.size() == 1 ? status(308, "Location: /x\r\n") : status(200);
  };
  ScriptedServer server(answering(answer));
  Fixture f;
  CHECK(f.probe({.method = "POST"}, server.port()).passed);
  CHECK(methods == std::vector<std::string>{"POST", "POST"});
}

TEST_CASE("redirects end: after ten, and at what cannot be asked") {
  Fixture f;
  ScriptedServer circle(answering([](const std::string&) { return status(301, "Location: /health\r\n"); }));
  CHECK(f.probe({}, circle.port()).error == "more than 10 redirects");
  CHECK(circle.accepted() == 11);
  for (const std::string location :
       {"ftp://example.com/", "http://", "http://user@host/", "mailto:a@b", "http://a:99999/", "http:/x"}) {
    CAPTURE(location);
    ScriptedServer server(answering([&](const std::string&) { return status(302, "Location: " + location + "\r\n"); }));
    CHECK(f.probe({}, server.port()).error == "redirected to \"" + location + "\"");
  }
  // https, where there are no settings for it.
  ScriptedServer secure(
      answering([](const std::string&) { return status(302, "Location: https://127.0.0.1:1/\r\n"); }));
  CHECK_FALSE(f.probe({}, secure.port()).passed);
}

TEST_CASE("what a redirect should have escaped is escaped") {
  std::string line;
  const auto answer = [&](const std::string& head) {
    line = head.substr(0, head.find("\r\n"));
    return line.starts_with("GET /health ") ? status(302, "Location: /a b\xc3\xa4?c d\r\n") : status(200);
  };
  ScriptedServer server(answering(answer));
  Fixture f;
  CHECK(f.probe({}, server.port()).passed);
  CHECK(line == "GET /a%20b%C3%A4?c%20d HTTP/1.1");
}

TEST_CASE("a redirect without a place is judged by its status") {
  ScriptedServer server(answering([](const std::string&) { return status(302); }));
  Fixture f;
  CHECK(f.probe({}, server.port()).passed);
}
