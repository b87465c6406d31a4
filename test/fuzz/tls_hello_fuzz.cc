// Arbitrary bytes where a ClientHello is expected, in one piece and in small ones: both must come to the same end, and
// nothing may stay in the library's error queue, which the connections of a thread share.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "test/support/native/tls_material.h"
#include "tls/server.h"

namespace fairlead {
namespace {

using Step = net::SecureLayer::Step;

struct Server {
  Server() : snapshot(test::tls_snapshot(setup())) {
    std::vector<std::string> faults;
    context = tls::make_server_context(*snapshot, snapshot->entry_points[0], tls::make_ticket_keys(), nullptr, faults);
    if (context == nullptr || !faults.empty()) std::abort();
  }

  static test::TlsSetup setup() {
    const test::Authority authority;
    return {.certificates = {{authority.issue({"a"}), {"a.test", "*.wild.test"}}, {authority.issue({"b"}), {}}},
            .options = {{}, {.name = "strict", .min_version = 0x0301, .sni_strict = true}},
            .hosts = {{"a.test", 1}, {"*.refused.test", wire::kNone}}};
  }

  test::Encoded<wire::Snapshot> snapshot;
  std::unique_ptr<tls::ServerContext> context;
};

/// Feeds at most `chunk` bytes at a time until the handshake has failed or everything is consumed.
Step feed(const tls::ServerContext& context, const std::uint8_t* data, std::size_t size, std::size_t chunk) {
  const std::unique_ptr<tls::ServerSession> session = context.accept();
  const char* at = reinterpret_cast<const char*>(data);
  const char* const end = at + size;
  Step step = Step::kWantRead;
  ByteBuffer output;
  while (at < end && step == Step::kWantRead) {
    net::CipherInput input{at, at + std::min<std::size_t>(chunk, static_cast<std::size_t>(end - at))};
    const char* const stop = input.end;
    step = session->handshake(input, output);
    if (step == Step::kWantRead && input.at != stop) std::abort();
    at = input.at;
  }
  if (step == Step::kDone) std::abort();  // nobody guesses our key share
  if (ERR_peek_error() != 0) std::abort();
  if (step == Step::kFailed && session->fault().empty()) std::abort();
  return step;
}

}  // namespace
}  // namespace fairlead

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static doctest::Context context;
  static const bool ready = (context.setAsDefaultForAssertsOutOfTestCases(), true);
  static const fairlead::Server server;
  static_cast<void>(ready);
  const auto whole = fairlead::feed(*server.context, data, size, size);
  const auto pieces = fairlead::feed(*server.context, data, size, 7);
  if (whole != pieces) std::abort();
  return 0;
}
