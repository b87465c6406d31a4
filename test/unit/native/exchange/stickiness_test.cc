#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/support/native/worker_fixture.h"

using namespace fairlead;
using test::SnapshotSpec;
using test::WorkerFixture;

namespace {

/// A server that answers with its name, however often.
test::ScriptedServer::Serve named(std::string name) {
  return [name](int fd, int) {
    while (test::read_until(fd, "\r\n\r\n").ends_with("\r\n\r\n")) {
      test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + name);
    }
  };
}

struct TwoServers {
  TwoServers() {
    spec.services = {{.servers = {{.port = one.port(), .identity = 11}, {.port = two.port(), .identity = 12}},
                      .identity = 1,
                      .sticky = {{.current = {"first", "second"}, .former = {"old1", "old2"}}}}};
  }
  test::ScriptedServer one{named("one")};
  test::ScriptedServer two{named("two")};
  SnapshotSpec spec;
};

/// What a client with this cookie gets, all of it.
std::string ask_with(WorkerFixture& f, std::string_view cookie) {
  const test::Fd client = f.connect();
  test::send_all(client.get(), "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(cookie) + "\r\n\r\n");
  std::string answer;
  test::run_until(f.worker.loop, [&] {
    answer += test::received(client.get());
    return answer.ends_with("one") || answer.ends_with("two");
  });
  return answer;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a cookie leads to its server until that is down, and is set when another one is chosen") {
  TwoServers servers;
  WorkerFixture f(servers.spec);
  for (int i = 0; i < 3; ++i) {
    const std::string answer = ask_with(f, "a=b; lb=second");
    CHECK(answer.ends_with("two"));
    CHECK_FALSE(has(answer, "Set-Cookie"));
  }
  const std::string former = ask_with(f, "lb=old2");
  CHECK(former.ends_with("two"));
  CHECK(has(former, "\r\nSet-Cookie: lb=second; Path=/\r\n"));
  f.worker.plan->service(0).balancer().set_available(1, false, kSecond);
  const std::string moved = ask_with(f, "lb=second");
  CHECK(moved.ends_with("one"));
  CHECK(has(moved, "\r\nSet-Cookie: lb=first; Path=/\r\n"));
  f.worker.plan->service(0).balancer().set_available(1, true, kSecond);
  CHECK_FALSE(has(ask_with(f, "lb=second"), "Set-Cookie"));
  f.worker.cut();
  f.worker.plan = {};
}

TEST_CASE("two servers of one name have one cookie, which is not set again and again") {
  TwoServers servers;
  servers.spec.services[0].sticky = {{.current = {"same", "same"}}};
  WorkerFixture f(servers.spec);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(has(ask_with(f, "lb=same"), "Set-Cookie"));
  f.worker.cut();
  f.worker.plan = {};
}
