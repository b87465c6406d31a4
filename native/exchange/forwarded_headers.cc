#include "exchange/forwarded_headers.h"

#include <algorithm>
#include <cstring>

#include "net/address.h"

namespace fairlead::exchange {
namespace {

using codec::HeaderId;

enum Underscores : std::uint8_t { kKeep, kDelete, kReject };

bool is_forwarded(HeaderId id) { return id >= HeaderId::kForwardedFor && id <= HeaderId::kRealIp; }

/// Fields that a client must not be able to remove by naming them in Connection, and those that frame the message.
bool survives_connection(HeaderId id) {
  switch (id) {
    case HeaderId::kHost:
    case HeaderId::kContentLength:
    case HeaderId::kTransferEncoding:
    case HeaderId::kConnection:
    case HeaderId::kUpgrade:
    case HeaderId::kTe:
    case HeaderId::kAuthorization:
    case HeaderId::kCookie:
      return true;
    default:
      return is_forwarded(id);
  }
}

bool has_underscore(std::string_view name) { return std::memchr(name.data(), '_', name.size()) != nullptr; }

/// Many servers treat '_' and '-' alike, so X_Forwarded_For would be believed behind our back.
bool aliases_managed(std::string_view name) {
  const HeaderId id = codec::alias_id(name);
  return is_forwarded(id) || id == HeaderId::kContentLength || id == HeaderId::kTransferEncoding ||
         id == HeaderId::kHost;
}

/// One pass over the fields. False: a field must be refused.
bool drop_untrusted(codec::Headers& headers, bool trusted, std::uint8_t underscores) {
  bool refused = false;
  headers.remove_if([&](const codec::Header& header) {
    // A trusted hop that left a field empty said nothing: what is missing is completed later, and must not be doubled.
    if (is_forwarded(header.id)) return !trusted || header.value.empty();
    if (header.id != HeaderId::kOther || !has_underscore(header.name)) return false;
    if (underscores == kReject) refused = true;
    return underscores == kDelete || aliases_managed(header.name);
  });
  return !refused;
}

bool stays_visible(std::string_view option, const wire::EntryPoint& settings) {
  if (option.empty() || survives_connection(codec::header_id(option))) return true;
  return std::any_of(settings.forwarded_connection.begin(), settings.forwarded_connection.end(),
                     [&](const wire::Text& name) { return ascii::equals_ignoring_case(name, option); });
}

/// Removes the fields named by one connection option; false when every option has been dealt with.
bool drop_one_option(codec::Headers& headers, const wire::EntryPoint& settings) {
  for (const codec::Header& header : headers) {
    if (header.id != HeaderId::kConnection) continue;
    std::string_view rest = header.value;
    std::string_view option;
    while (ascii::next_element(rest, option)) {
      if (!stays_visible(option, settings) && headers.remove(option) > 0) return true;
    }
  }
  return false;
}

std::string_view scheme_of(const codec::Request& request, const codec::Peer& peer) {
  if (request.wants_upgrade && ascii::equals_ignoring_case(request.upgrade, "websocket")) {
    return peer.tls ? "wss" : "ws";
  }
  return peer.scheme();
}

std::string_view port_of(const codec::Request& request, std::string_view proto, bool tls) {
  const std::string_view authority = request.authority;
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (has_port && colon + 1 < authority.size()) return authority.substr(colon + 1);
  return tls || proto == "https" || proto == "wss" ? "443" : "80";
}

/// What a trusted hop said; empty when it said nothing.
struct Said {
  std::string_view proto;
  bool real_ip = false;
  bool host = false;
  bool port = false;
  unsigned forwarded_for = 0;
};

Said what_was_said(const codec::Headers& headers) {
  Said said;
  for (const codec::Header& header : headers) {
    if (header.id == HeaderId::kForwardedProto && said.proto.empty()) said.proto = header.value;
    said.real_ip |= header.id == HeaderId::kRealIp;
    said.host |= header.id == HeaderId::kForwardedHost;
    said.port |= header.id == HeaderId::kForwardedPort;
    said.forwarded_for += header.id == HeaderId::kForwardedFor ? 1U : 0U;
  }
  return said;
}

}  // namespace

bool is_trusted_hop(const wire::EntryPoint& settings, const codec::Peer& peer) {
  if (settings.forwarded_insecure) return true;
  return std::any_of(
      settings.forwarded_trusted.begin(), settings.forwarded_trusted.end(),
      [&](const wire::Cidr& range) { return net::in_range(peer.client.ip, range.high, range.low, range.bits); });
}

bool settle_forwarded_headers(codec::Request& request, const codec::Peer& peer, const wire::EntryPoint& settings,
                              std::string_view host_name) {
  codec::Headers& headers = request.headers;
  const bool trusted = is_trusted_hop(settings, peer);
  if (!drop_untrusted(headers, trusted, settings.underscore_headers)) return false;
  if (headers.find(HeaderId::kConnection) != nullptr) {
    while (drop_one_option(headers, settings)) {
    }
  }

  const Said said = trusted ? what_was_said(headers) : Said{};
  if (said.forwarded_for > 1) headers.set("X-Forwarded-For", headers.joined("X-Forwarded-For"));
  if (!said.real_ip) headers.add({"X-Real-Ip", peer.client_text, HeaderId::kRealIp});
  std::string_view proto = said.proto;
  if (proto.empty()) {
    proto = scheme_of(request, peer);
    headers.add({"X-Forwarded-Proto", proto, HeaderId::kForwardedProto});
  }
  if (!said.port) headers.add({"X-Forwarded-Port", port_of(request, proto, peer.tls), HeaderId::kForwardedPort});
  if (!said.host) headers.add({"X-Forwarded-Host", request.authority, HeaderId::kForwardedHost});
  if (trusted) headers.remove(HeaderId::kForwardedServer);
  headers.add({"X-Forwarded-Server", host_name, HeaderId::kForwardedServer});
  if (settings.add_forwarded_scheme_headers) {
    headers.set("X-Forwarded-Scheme", proto);
    headers.set("X-Scheme", proto);
  }
  return true;
}

void append_forwarded_for(codec::Request& request, const codec::Peer& peer, const wire::EntryPoint& settings) {
  if (settings.not_append_forwarded_for || request.omits_forwarded_for) return;
  codec::Headers& headers = request.headers;
  for (codec::Header& header : headers) {
    if (header.id != HeaderId::kForwardedFor) continue;
    if (!header.value.empty()) {
      header.value = headers.arena().concat(header.value, std::string_view(", "), peer.client_text);
      return;
    }
  }
  headers.add({"X-Forwarded-For", peer.client_text, HeaderId::kForwardedFor});
}

}  // namespace fairlead::exchange
