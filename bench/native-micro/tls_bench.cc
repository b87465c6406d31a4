// What TLS costs without a network: the server's side of a handshake, an idle session, and bulk data.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS
#include <malloc.h>
#include <time.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "test/support/native/tls_material.h"
#include "test/support/native/tls_peers.h"
#include "tls/server.h"

namespace fairlead::tls {
namespace {

/// Time of this thread on a processor, which other work on the machine hardly touches.
Nanos busy_now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<Nanos>(time.tv_sec) * kSecond + static_cast<Nanos>(time.tv_nsec);
}

using test::RawClient;
using test::Step;

/// Passes on to a layer and adds up the time of its calls.
class TimedLayer final : public net::SecureLayer {
 public:
  explicit TimedLayer(net::SecureLayer& layer) : layer_(layer) {}
  Step handshake(net::CipherInput& input, ByteBuffer& output) override {
    const Nanos start = busy_now();
    const Step step = layer_.handshake(input, output);
    spent += busy_now() - start;
    return step;
  }
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) override {
    return layer_.read(input, output, plain, count);
  }
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain) override {
    return layer_.write(input, output, plain);
  }
  void shutdown(ByteBuffer& output) override { layer_.shutdown(output); }
  bool has_pending() const override { return layer_.has_pending(); }
  void shed() override { layer_.shed(); }

  Nanos spent = 0;

 private:
  net::SecureLayer& layer_;
};

struct Bench {
  Bench() {
    test::TlsSetup setup;
    const test::Authority authority;
    test::Pem pem = authority.issue({"bench", {"DNS:a.test"}});
    pem.chain += authority.pem();
    setup.certificates = {{pem, {"a.test", "b.test"}}};
    setup.options = {{}, {.name = "listed", .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"}};
    setup.hosts = {{"b.test", 1}};
    snapshot = std::make_unique<test::Encoded<wire::Snapshot>>(test::tls_snapshot(setup));
    std::vector<std::string> faults;
    const wire::Snapshot& root = **snapshot;
    context = make_server_context(root, root.entry_points[0], make_ticket_keys(), nullptr, faults);
  }
  std::unique_ptr<test::Encoded<wire::Snapshot>> snapshot;
  std::unique_ptr<ServerContext> context;
};

void handshakes(const Bench& bench, const char* what, const test::ClientSpec& spec, bool resumes) {
  constexpr int kRounds = 3000;
  Nanos spent = 0;
  Nanos accepting = 0;
  std::unique_ptr<RawClient> last;
  for (int i = 0; i < kRounds; ++i) {
    auto client = std::make_unique<RawClient>(spec, resumes && last != nullptr ? last->ticket() : nullptr);
    const Nanos start = busy_now();
    const auto session = bench.context->accept();
    accepting += busy_now() - start;
    TimedLayer timed(*session);
    test::Link link(client->layer(), timed);
    REQUIRE(link.shake());
    const Nanos middle = busy_now();
    session->shed();
    accepting += busy_now() - middle;
    link.to_client("x");
    spent += timed.spent;
    last = std::move(client);
  }
  std::printf("%-44s %7.1f us, and %.1f us to make the session\n", what, static_cast<double>(spent) / kRounds / 1000,
              static_cast<double>(accepting) / kRounds / 1000);
}

void memory(const Bench& bench, const char* what, const test::ClientSpec& spec) {
  constexpr std::size_t kSessions = 2000;
  std::vector<std::unique_ptr<ServerSession>> idle;
  idle.reserve(kSessions);
  const auto in_use = [] { return mallinfo2().uordblks; };
  const std::size_t before = in_use();
  for (std::size_t i = 0; i < kSessions; ++i) {
    RawClient client(spec);
    std::unique_ptr<ServerSession> session = bench.context->accept();
    test::Link link(client.layer(), *session);
    REQUIRE(link.shake());
    session->shed();
    link.to_server("request");
    link.to_client("response");
    idle.push_back(std::move(session));
  }
  std::printf("%-44s %7zu bytes\n", what, (in_use() - before) / kSessions);
}

void bulk(const Bench& bench) {
  RawClient client({.server_name = "a.test"});
  const auto session = bench.context->accept();
  REQUIRE(test::Link(client.layer(), *session).shake());
  session->shed();
  const std::string plain(256 * 1024, 'x');
  std::vector<char> room(plain.size());
  constexpr int kRounds = 4000;
  Nanos writing = 0;
  Nanos reading = 0;
  ByteBuffer output;
  ByteBuffer unused;
  net::CipherInput none;
  for (int i = 0; i < kRounds; ++i) {
    output.clear();
    const Nanos start = busy_now();
    session->write(none, output, plain);
    const Nanos middle = busy_now();
    std::size_t count = 0;
    net::CipherInput input{output.data(), output.data() + output.size()};
    while (input.size() > 0) client.layer().read(input, unused, room, count);
    reading += busy_now() - middle;
    writing += middle - start;
  }
  const double bytes = static_cast<double>(plain.size()) * kRounds;
  std::printf("%-44s %7.2f GB/s written, %.2f GB/s read\n", "256 KB at once", bytes / static_cast<double>(writing),
              bytes / static_cast<double>(reading));
}

void run() {
  const Bench bench;
  handshakes(bench, "full handshake, TLS 1.3, hybrid", {.server_name = "a.test"}, false);
  handshakes(bench, "full handshake, TLS 1.3, X25519", {.server_name = "a.test", .groups = "X25519"}, false);
  handshakes(bench, "full handshake, TLS 1.2", {.server_name = "a.test", .max_version = TLS1_2_VERSION}, false);
  handshakes(bench, "the same under other options", {.server_name = "b.test", .groups = "X25519"}, false);
  handshakes(bench, "resumed, TLS 1.3, X25519", {.server_name = "a.test", .groups = "X25519"}, true);
  memory(bench, "idle session, TLS 1.3, hybrid", {.server_name = "a.test"});
  memory(bench, "idle session, TLS 1.3, X25519", {.server_name = "a.test", .groups = "X25519"});
  memory(bench, "idle session, TLS 1.2", {.server_name = "a.test", .max_version = TLS1_2_VERSION});
  bulk(bench);
}

}  // namespace
}  // namespace fairlead::tls

int main() {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  fairlead::tls::run();
}
