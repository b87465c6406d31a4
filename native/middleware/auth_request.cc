#include "middleware/auth_request.h"

#include <algorithm>

#include "base/ascii.h"
#include "middleware/hop_by_hop.h"

namespace fairlead::middleware {
namespace {

using codec::HeaderId;

bool is_forwarded(HeaderId id) {
  return id == HeaderId::kForwardedFor || id == HeaderId::kForwardedProto || id == HeaderId::kForwardedHost ||
         id == HeaderId::kForwardedPort || id == HeaderId::kForwardedServer || id == HeaderId::kForwardedOther ||
         id == HeaderId::kRealIp;
}

/// Fields that fetch() writes, and those that only made sense between the client and us.
bool is_replaced(HeaderId id) {
  return id == HeaderId::kHost || id == HeaderId::kContentLength || id == HeaderId::kExpect;
}

bool lists(const wire::List<wire::Text>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view listed) { return ascii::equals_ignoring_case(listed, name); });
}

void copy_headers(const wire::ForwardAuth& config, ForwardedTrust trust, const codec::Headers& from,
                  codec::Headers& to) {
  for (const codec::Header& header : from) {
    if (!is_replaced(header.id)) to.add(header);
  }
  remove_hop_by_hop(to);
  to.remove_if([&config, trust](const codec::Header& header) {
    if (is_forwarded(header.id) && trust == ForwardedTrust::kRemove) return true;
    if (config.request_headers.empty() || lists(config.request_headers, header.name)) return false;
    return !(is_forwarded(header.id) && trust == ForwardedTrust::kKeep);
  });
}

void add_client(const Context& context, ForwardedTrust trust, codec::Headers& headers) {
  const std::string_view prior = headers.joined("x-forwarded-for");
  const bool appends = trust != ForwardedTrust::kOverwrite && !prior.empty();
  headers.set("X-Forwarded-For",
              appends ? context.arena.concat(prior, ", ", context.peer.client_text) : context.peer.client_text);
}

std::string_view forwarded_port(const Context& context, const codec::Headers& headers) {
  const std::string_view authority = context.request.authority;
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (has_port && colon + 1 < authority.size()) return authority.substr(colon + 1);
  const std::string_view proto = headers.first(HeaderId::kForwardedProto);
  return proto == "https" || proto == "wss" || context.peer.tls ? "443" : "80";
}

}  // namespace

void fill_auth_headers(const wire::ForwardAuth& config, const Context& context, FetchRequest& call) {
  const codec::Request& request = context.request;
  const auto trust = static_cast<ForwardedTrust>(config.trust);
  codec::Headers& headers = call.headers;
  copy_headers(config, trust, request.headers, headers);
  add_client(context, trust, headers);

  const bool overwrites = trust == ForwardedTrust::kOverwrite;
  const auto put = [&headers, overwrites](std::string_view name, std::string_view value) {
    if (overwrites || headers.find(name) == nullptr) headers.set(name, value);
  };
  put("X-Forwarded-Method", request.method_text);
  put("X-Forwarded-Proto", context.peer.scheme());
  put("X-Forwarded-Host", request.authority);
  put("X-Forwarded-Uri", context.arena.concat(request.path, request.has_query ? "?" : "", request.query));
  if (!overwrites) put("X-Forwarded-Port", forwarded_port(context, headers));

  if (!config.authorization.empty() && headers.find(HeaderId::kAuthorization) == nullptr) {
    headers.add("Authorization", config.authorization);
  }
}

}  // namespace fairlead::middleware
