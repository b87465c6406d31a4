#include "upstream/probe.h"

#include <charconv>
#include <utility>

#include "base/arena.h"
#include "base/ascii.h"
#include "codec/authority.h"
#include "codec/location.h"
#include "upstream/http1_client.h"

namespace fairlead::upstream {
namespace {

// As Go's client, which Traefik uses.
constexpr unsigned kMostRedirects = 10;
// A server that sends more interim responses than this for one request is broken.
constexpr unsigned kMostInterim = 20;
// Names the pool whose connections are never kept.
constexpr std::uint64_t kProbes = 0x70726f6265;

bool is_redirect(std::uint16_t status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// A path as it may be sent: what a server should have escaped is escaped.
std::string_view escaped(Arena& arena, std::string_view path) {
  constexpr const char* kHex = "0123456789ABCDEF";
  char* const out = arena.array<char>(path.size() * 3);
  char* at = out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      *at++ = c;
      continue;
    }
    *at++ = '%';
    *at++ = kHex[byte >> 4];
    *at++ = kHex[byte & 15];
  }
  return {out, static_cast<std::size_t>(at - out)};
}

/// The parts of an http or https URL.
struct Target {
  bool tls = false;
  std::string_view authority;
  std::string_view host;
  std::uint16_t port = 0;
  std::string_view path;
};

/// False for what cannot be asked.
bool parse_url(Arena& arena, std::string_view url, Target& target) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  target.tls = ascii::equals_ignoring_case(scheme, "https");
  if (!target.tls && !ascii::equals_ignoring_case(scheme, "http")) return false;
  url = url.substr(scheme.size());
  if (!url.starts_with("://")) return false;
  url.remove_prefix(3);
  url = url.substr(0, url.find('#'));
  const std::size_t end = url.find_first_of("/?");
  target.authority = url.substr(0, end);
  codec::Authority parts;
  if (!codec::parse_authority(target.authority, parts)) return false;
  target.host = codec::canonical_host(parts.host, arena);
  target.port = target.tls ? 443 : 80;
  if (!parts.port.empty()) {
    std::from_chars(parts.port.data(), parts.port.data() + parts.port.size(), target.port);
  }
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : url.substr(end);
  target.path = escaped(arena, rest.starts_with('/') ? rest : arena.concat("/", rest));
  return true;
}

/// Fields that are meant for one host and no other.
bool is_private(std::string_view name) {
  for (const std::string_view known : {"authorization", "cookie", "cookie2", "www-authenticate"}) {
    if (ascii::equals_ignoring_case(name, known)) return true;
  }
  return false;
}

class HttpProbe {
 public:
  HttpProbe(ProbeContext context, const wire::Health& health, const wire::Probe& probe)
      : context_(context),
        health_(health),
        to_(probe.server),
        host_(probe.server.authority),
        path_(probe.path),
        method_(health.method) {}

  loop::Task<ProbeResult> run();

 private:
  loop::Task<ProbeResult> ask();
  ProbeResult judge() const;
  bool follow();
  void fill(codec::Request& message);

  ProbeContext context_;
  const wire::Health& health_;
  Arena arena_;
  Destination to_;
  std::string_view host_;  // what the Host header says
  std::string_view path_;  // with the query
  std::string_view method_;
  /// Redirected to another host.
  bool elsewhere_ = false;
  std::uint16_t status_ = 0;
  std::string_view location_;
};

/// The first response that leads nowhere else decides.
loop::Task<ProbeResult> HttpProbe::run() {
  for (unsigned redirects = 0;; ++redirects) {
    ProbeResult result = co_await ask();
    const bool leads_on = health_.follow_redirects && is_redirect(status_) && !location_.empty();
    if (!result.passed) co_return result;
    if (!leads_on) co_return judge();
    if (redirects == kMostRedirects) co_return ProbeResult{false, "more than 10 redirects", false};
    if (!follow()) co_return ProbeResult{false, "redirected to \"" + std::string(location_) + "\"", false};
  }
}

/// Passes when there is an answer, whatever it says.
loop::Task<ProbeResult> HttpProbe::ask() {
  status_ = 0;
  ConnectResult connected = co_await connect(context_.connect, to_, context_.transport, context_.tls);
  if (!connected.status.ok()) co_return not_connected(connected);
  codec::Request message(arena_);
  codec::Response response(arena_);
  fill(message);
  const LocalRef<Pool> pool = context_.pools.find_or_create(kProbes);
  Http1Client client(context_.buffers, *pool, std::move(connected.connection), message.method, arena_);
  const Forwarding forwarding{host_, {}};
  Status status = co_await client.write_head(message, forwarding, {}, true);
  for (unsigned interim = 0; status.ok() && response.status < 200 && interim <= kMostInterim; ++interim) {
    status = co_await client.read_head(response, 0);
  }
  if (!status.ok()) co_return ProbeResult{false, reason_name(status.error().reason), false};
  status_ = response.status;
  location_ = arena_.copy(response.headers.first("Location"));
  co_return ProbeResult{true, {}, false};
}

void HttpProbe::fill(codec::Request& message) {
  message.method_text = method_;
  message.method = codec::method_of(method_);
  message.path = path_;
  message.authority = host_;
  for (const wire::HeaderField& field : health_.headers) {
    if (!elsewhere_ || !is_private(field.name)) message.headers.add(field.name, field.value);
  }
  if (message.headers.find("User-Agent") == nullptr) message.headers.add("User-Agent", kProbeAgent);
}

ProbeResult HttpProbe::judge() const {
  const bool passed = health_.status == 0 ? status_ >= 200 && status_ < 400 : status_ == health_.status;
  return {passed, passed ? std::string() : "status " + std::to_string(status_), false};
}

/// Goes where the response has pointed, as Go does: anything but GET and HEAD becomes GET where browsers do so, and the
/// configured Host stays as long as the server speaks of its own paths.
bool HttpProbe::follow() {
  const std::string_view origin = arena_.concat(to_.tls ? "https://" : "http://", host_);
  const std::string_view url = codec::resolve_reference(arena_, origin, path_, location_);
  Target target;
  if (!parse_url(arena_, url, target)) return false;
  const bool is_absolute = url.data() == location_.data() || location_.starts_with("//");
  if (is_absolute) {
    elsewhere_ = elsewhere_ || target.host != to_.host;
    to_ = Destination(target.host, target.port, target.tls);
    host_ = target.authority;
  }
  path_ = target.path;
  if (status_ < 307 && method_ != "GET" && method_ != "HEAD") method_ = "GET";
  return true;
}

}  // namespace

ProbeResult not_connected(const ConnectResult& connected) {
  const Error& error = connected.status.error();
  std::string text = reason_name(error.reason);
  if (!connected.fault.empty()) text.append(": ").append(connected.fault);
  return {false, std::move(text), error.origin == Origin::kInternal};
}

loop::Task<ProbeResult> probe_http(ProbeContext context, const wire::Health& health, const wire::Probe& probe) {
  HttpProbe http(context, health, probe);
  ProbeResult result = co_await http.run();
  co_return result;
}

}  // namespace fairlead::upstream
