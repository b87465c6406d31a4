#include "middleware/redirect_scheme.h"

#include "base/ascii.h"

namespace fairlead::middleware {
namespace {

/// Host and port as the client wrote them; the port keeps its colon and is empty when it says nothing new.
struct Authority {
  std::string_view host;
  std::string_view port;
};

Authority split(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  // The colons of an IPv6 address stand before its bracket.
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (!has_port) return {authority, {}};
  return {authority.substr(0, colon), authority.substr(colon)};
}

/// The scheme the client used: what a trusted proxy says, else what the connection is. A WebSocket scheme stands for
/// the HTTP scheme that carries it.
std::string_view scheme_of(const Context& context) {
  const std::string_view said = context.request.headers.first(codec::HeaderId::kForwardedProto);
  const auto is = [said](std::string_view scheme) { return ascii::equals_ignoring_case(said, scheme); };
  if (is("https") || is("wss")) return "https";
  if (is("http") || is("ws")) return "http";
  return context.peer.scheme();
}

bool is_default_port(std::string_view scheme, std::string_view port) {
  return port == ":" || (scheme == "http" && port == ":80") || (scheme == "https" && port == ":443");
}

/// Only GET may be repeated as GET (RFC 9110 section 15.4); everything else, HEAD included, keeps its method.
void set_redirect(LocalReply& reply, bool permanent, bool is_get) {
  if (permanent) {
    reply.status = is_get ? 301 : 308;
    reply.body = is_get ? "Moved Permanently" : "Permanent Redirect";
  } else {
    reply.status = is_get ? 302 : 307;
    reply.body = is_get ? "Found" : "Temporary Redirect";
  }
}

}  // namespace

RedirectScheme::RedirectScheme(const wire::RedirectScheme& config, const wire::MiddlewareRef&, const BuildContext&)
    : config_(config) {}

Verdict RedirectScheme::on_request(Context& context) const {
  const codec::Request& request = context.request;
  // "OPTIONS *" is about the server, not about a URL; without a host there is no URL either.
  if (!request.path.starts_with('/') || request.authority.empty()) return Verdict::kNext;

  const std::string_view scheme = scheme_of(context);
  Authority old = split(request.authority);
  if (is_default_port(scheme, old.port)) old.port = {};
  if (scheme == config_.scheme.view() && old.port == config_.port.view()) return Verdict::kNext;

  const std::string_view mark = request.has_query ? "?" : "";
  context.reply.headers.add("Location", context.arena.concat(config_.scheme.view(), "://", old.host,
                                                             config_.port.view(), request.path, mark, request.query));
  set_redirect(context.reply, config_.permanent, request.method == codec::Method::kGet);
  return Verdict::kReplied;
}

}  // namespace fairlead::middleware
