// Whatever a client says about itself and about the connection, the server is told by the proxy: what was forged is gone,
// framing fields survive, and the client's address is the last hop.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <array>
#include <vector>

#include "exchange/forwarded_headers.h"
#include "middleware/ip_strategy.h"
#include "test/support/native/wire_writer.h"

namespace fairlead {
namespace {

using codec::Header;
using codec::HeaderId;

constexpr std::string_view kClient = "192.0.2.7";

/// Fields as lines of `name: value`; anything goes but what the parser refuses.
void add_fields(std::string_view text, codec::Headers& headers) {
  while (!text.empty() && headers.size() < 60) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) continue;
    headers.add(line.substr(0, colon), ascii::trim(line.substr(colon + 1)));
  }
}

std::size_t count(const codec::Headers& headers, HeaderId id) {
  return static_cast<std::size_t>(std::ranges::count_if(headers, [id](const Header& h) { return h.id == id; }));
}

/// The settings of an entry point, as the snapshot holds them.
class Settings {
 public:
  explicit Settings(std::uint8_t choice) {
    test::WireWriter writer;
    writer.reserve<wire::EntryPoint>();
    writer.put(offsetof(wire::EntryPoint, forwarded_insecure), (choice & 1) != 0);
    writer.put(offsetof(wire::EntryPoint, underscore_headers), static_cast<std::uint8_t>(choice / 2 % 3));
    writer.put(offsetof(wire::EntryPoint, not_append_forwarded_for), (choice & 64) != 0);
    writer.put(offsetof(wire::EntryPoint, add_forwarded_scheme_headers), (choice & 128) != 0);
    words_.resize(writer.bytes().size() / 8 + 1);
    std::ranges::copy(writer.bytes(), reinterpret_cast<char*>(words_.data()));
  }
  const wire::EntryPoint& get() const { return *reinterpret_cast<const wire::EntryPoint*>(words_.data()); }

 private:
  std::vector<std::uint64_t> words_;
};

/// What an untrusted client said about itself is replaced by what is so.
void check_untrusted(const codec::Headers& headers) {
  FAIRLEAD_CHECK(headers.first(HeaderId::kRealIp) == kClient && headers.first(HeaderId::kForwardedProto) == "http");
  FAIRLEAD_CHECK(headers.first(HeaderId::kForwardedHost) == "example.com:8080");
  FAIRLEAD_CHECK(headers.first(HeaderId::kForwardedPort) == "8080");
  for (const HeaderId id : {HeaderId::kRealIp, HeaderId::kForwardedProto, HeaderId::kForwardedHost,
                            HeaderId::kForwardedPort, HeaderId::kForwardedServer}) {
    FAIRLEAD_CHECK(count(headers, id) == 1);
  }
  for (const Header& header : headers) {
    const HeaderId alias = codec::alias_id(header.name);
    FAIRLEAD_CHECK(alias < HeaderId::kForwardedFor || alias > HeaderId::kRealIp);
    FAIRLEAD_CHECK(alias != HeaderId::kContentLength && alias != HeaderId::kTransferEncoding);
  }
}

void check_hops(codec::Request& request, const codec::Peer& peer, const Settings& settings) {
  const bool trusted = settings.get().forwarded_insecure;
  exchange::append_forwarded_for(request, peer, settings.get());
  if (settings.get().not_append_forwarded_for) return;
  const std::string_view hops = request.headers.joined("X-Forwarded-For");
  FAIRLEAD_CHECK(hops.ends_with(kClient) && (trusted || hops == kClient));
  FAIRLEAD_CHECK(count(request.headers, HeaderId::kForwardedFor) == 1);
}

/// Whoever counts hops from the right finds an element of the list, or nothing.
void check_strategy(codec::Request& request, const codec::Peer& peer, Arena& arena, std::uint32_t depth) {
  struct None final : middleware::Facilities {
    Nanos now() const override { return 0; }
    loop::Task<void> sleep(Nanos) override { co_return; }
    loop::Task<Status> fetch(const middleware::FetchRequest&, middleware::FetchReply&) override {
      co_return Status(Unit{});
    }
    loop::Task<Result<std::string_view>> buffer_request_body(std::uint64_t) override {
      co_return Result<std::string_view>(std::string_view());
    }
  } none;
  test::WireWriter writer;
  writer.reserve<wire::IpStrategy>();
  writer.put(offsetof(wire::IpStrategy, depth), depth);
  writer.put(offsetof(wire::IpStrategy, ipv6_bits), std::uint32_t{64});
  alignas(8) std::array<char, sizeof(wire::IpStrategy)> bytes{};
  std::ranges::copy(writer.bytes(), bytes.begin());
  middleware::LocalReply reply(arena);
  const middleware::Context context{request, peer, arena, reply, none, nullptr, nullptr};
  const auto found = middleware::client_address(*reinterpret_cast<const wire::IpStrategy*>(bytes.data()), context);
  const std::string_view all = request.headers.joined("X-Forwarded-For");
  if (depth > 0) FAIRLEAD_CHECK(all.find(found.text) != std::string_view::npos);
  if (found.valid) FAIRLEAD_CHECK(net::IpAddress::parse(found.text).has_value());
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size < 2 || size > 8192) return 0;
  const Settings settings(data[0]);
  const fuzz::Exact bytes(data + 2, size - 2);
  Arena arena;
  codec::Request request(arena);
  request.authority = "example.com:8080";
  add_fields(bytes.view(), request.headers);
  codec::Peer peer;
  peer.client_text = kClient;
  peer.client.ip = *net::IpAddress::parse(kClient);
  const std::size_t lengths = count(request.headers, HeaderId::kContentLength);
  const std::size_t codings = count(request.headers, HeaderId::kTransferEncoding);
  if (!exchange::settle_forwarded_headers(request, peer, settings.get(), "proxy")) return 0;
  FAIRLEAD_CHECK(count(request.headers, HeaderId::kContentLength) == lengths);
  FAIRLEAD_CHECK(count(request.headers, HeaderId::kTransferEncoding) == codings);
  if (!settings.get().forwarded_insecure) check_untrusted(request.headers);
  check_strategy(request, peer, arena, data[1] % 4);
  check_hops(request, peer, settings);
  return 0;
}
