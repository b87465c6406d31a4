#include "middleware/header_policy.h"

#include <algorithm>

#include "base/ascii.h"
#include "codec/authority.h"

namespace fairlead::middleware {
namespace {

/// What the request phase found out for the response phase.
struct State {
  bool over_tls;
};

/// How a message is framed is decided once, by the parser; a header may not say otherwise.
bool is_framing(codec::HeaderId id) {
  return id == codec::HeaderId::kContentLength || id == codec::HeaderId::kTransferEncoding;
}

void apply(const wire::HeaderEdit& edit, codec::Headers& headers) {
  if (is_framing(codec::header_id(edit.name))) return;
  if (edit.value.empty()) {
    headers.remove(edit.name.view());
  } else {
    headers.set(edit.name, edit.value);
  }
}

/// The host that the upstream sees; an empty value leaves the client's. What is no host is not taken: routing and
/// logging must not read it differently than the upstream.
void set_host(std::string_view value, codec::Request& request) {
  codec::Authority authority;
  if (value.empty() || !codec::parse_authority(value, authority)) return;
  request.authority = value;
  request.host = codec::canonical_host(authority.host, request.headers.arena());
  request.flattened_host = {};
  if (request.headers.find(codec::HeaderId::kHost) != nullptr) request.headers.set("Host", value);
}

void apply(const wire::HeaderEdit& edit, codec::Request& request) {
  const codec::HeaderId id = codec::header_id(edit.name);
  if (id == codec::HeaderId::kHost) {
    set_host(edit.value, request);
    return;
  }
  // Emptying X-Forwarded-For also keeps the forwarder from writing it.
  if (id == codec::HeaderId::kForwardedFor) request.omits_forwarded_for = edit.value.empty();
  apply(edit, request.headers);
}

}  // namespace

HeaderPolicy::HeaderPolicy(const wire::HeaderPolicy& config, const wire::MiddlewareRef&, const BuildContext&)
    : config_(config), cross_origin_(config.cross_origin, fault_) {}

std::size_t HeaderPolicy::state_bytes() const { return sizeof(State); }

Verdict HeaderPolicy::on_request(Context& context) const {
  codec::Request& request = context.request;
  if (cross_origin_.enabled() && CrossOrigin::is_preflight(request)) {
    cross_origin_.answer_preflight(request, context.reply);
    return Verdict::kReplied;
  }
  for (const wire::HeaderEdit& edit : config_.request_edits) apply(edit, request);
  if (!knows_host(request)) {
    context.reply.set_text(500, "Bad Host");
    return Verdict::kReplied;
  }
  static_cast<State*>(context.state)->over_tls = over_tls(context);
  return Verdict::kNext;
}

/// Hosts are compared with their port, as allowedHosts writes them.
bool HeaderPolicy::knows_host(const codec::Request& request) const {
  if (config_.allowed_hosts.empty()) return true;
  std::string_view host = request.authority;
  for (const wire::Text& name : config_.host_headers) {
    const std::string_view value = request.headers.first(name.view());
    if (value.empty()) continue;
    host = value;
    break;
  }
  return std::any_of(config_.allowed_hosts.begin(), config_.allowed_hosts.end(),
                     [host](const wire::Text& allowed) { return ascii::equals_ignoring_case(allowed, host); });
}

bool HeaderPolicy::over_tls(const Context& context) const {
  if (context.peer.tls) return true;
  return std::any_of(config_.tls_marks.begin(), config_.tls_marks.end(), [&context](const wire::HeaderEdit& mark) {
    return context.request.headers.first(mark.name.view()) == mark.value.view();
  });
}

void HeaderPolicy::on_response(Context& context, codec::Response& response) const {
  const State& state = *static_cast<const State*>(context.state);
  codec::Headers& headers = response.headers;
  for (const wire::HeaderEdit& header : config_.security_headers) headers.set(header.name, header.value);
  const bool sends_sts = state.over_tls || config_.strict_transport_on_clear_text;
  if (sends_sts && !config_.strict_transport.empty()) {
    headers.set("Strict-Transport-Security", config_.strict_transport);
  }
  for (const wire::HeaderEdit& edit : config_.response_edits) apply(edit, headers);
  if (cross_origin_.enabled()) cross_origin_.complete(context.request, headers);
}

}  // namespace fairlead::middleware
