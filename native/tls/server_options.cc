#include "tls/server_options.h"

#include <algorithm>

namespace fairlead::tls {
namespace {

/// What we can speak behind TLS; options may list more.
constexpr std::string_view kSpoken[] = {"http/1.1"};
constexpr std::string_view kHttp2 = "h2";

// Traefik's defaults, which are Go's: hybrid post-quantum key exchange first, and forward secrecy everywhere.
constexpr std::string_view kGroups = "X25519MLKEM768:X25519:P-256:P-384:P-521";
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";

bool contains(std::span<const std::uint8_t> offered, std::string_view protocol, std::string_view& found) {
  for (std::size_t at = 0; at < offered.size(); at += 1U + offered[at]) {
    const std::string_view one(reinterpret_cast<const char*>(offered.data()) + at + 1,
                               std::min<std::size_t>(offered[at], offered.size() - at - 1));
    if (one != protocol) continue;
    found = one;
    return true;
  }
  return false;
}

}  // namespace

std::uint16_t ServerOptions::lowest() const { return wire_.min_version == 0 ? TLS1_2_VERSION : wire_.min_version; }
std::uint16_t ServerOptions::highest() const { return wire_.max_version == 0 ? TLS1_3_VERSION : wire_.max_version; }

std::unique_ptr<const ServerOptions> ServerOptions::compile(const wire::TlsOptions& wire, std::string& fault) {
  std::unique_ptr<ServerOptions> made(new ServerOptions(wire));
  const ContextPointer scratch(SSL_CTX_new(TLS_server_method()));
  made->ciphers_ = wire.cipher_suites.empty() ? kCiphers : std::string(wire.cipher_suites.view());
  made->groups_ = known_groups(scratch.get(), wire.curves.empty() ? kGroups : wire.curves.view());
  for (const wire::Text& protocol : wire.alpn) {
    if (std::ranges::find(kSpoken, protocol.view()) != std::end(kSpoken)) made->protocols_.push_back(protocol);
  }
  ERR_clear_error();
  if (made->lowest() > made->highest()) {
    fault = "minVersion is above maxVersion";
  } else if (SSL_CTX_set_cipher_list(scratch.get(), made->ciphers_.c_str()) != 1) {
    fault = "cipherSuites lists none that the TLS library has: " + made->ciphers_;
  } else if (made->groups_.empty() || SSL_CTX_set1_groups_list(scratch.get(), made->groups_.c_str()) != 1) {
    fault = "curvePreferences lists one that the TLS library does not have: " + std::string(wire.curves.view());
  } else if (!made->apply(scratch.get())) {
    fault = "cannot be applied: " + take_error();
  }
  ERR_clear_error();
  return fault.empty() ? std::move(made) : nullptr;
}

bool ServerOptions::apply(SSL_CTX* context) const {
  allow_version(context, lowest());
  return SSL_CTX_set_min_proto_version(context, lowest()) == 1 &&
         SSL_CTX_set_max_proto_version(context, highest()) == 1 &&
         SSL_CTX_set_cipher_list(context, ciphers_.c_str()) == 1 &&
         SSL_CTX_set1_groups_list(context, groups_.c_str()) == 1;
}

bool ServerOptions::apply(SSL* ssl) const {
  allow_version(ssl, lowest());
  return SSL_set_min_proto_version(ssl, lowest()) == 1 && SSL_set_max_proto_version(ssl, highest()) == 1 &&
         SSL_set_cipher_list(ssl, ciphers_.c_str()) == 1 && SSL_set1_groups_list(ssl, groups_.c_str()) == 1;
}

// A ticket is only good under the options it was made under: another client certificate policy, say (CVE-2025-23419).
bool ServerOptions::bind_tickets(SSL* ssl) const {
  allow_tickets(ssl, !wire_.disable_session_tickets);
  const std::uint64_t identity = wire_.identity;
  return SSL_set_session_id_context(ssl, reinterpret_cast<const std::uint8_t*>(&identity), sizeof(identity)) == 1;
}

ServerOptions::Protocol ServerOptions::choose(std::span<const std::uint8_t> offered, std::string_view& chosen) const {
  if (wire_.alpn.empty()) return Protocol::kNone;
  for (const std::string_view protocol : protocols_) {
    if (contains(offered, protocol, chosen)) return Protocol::kChosen;
  }
  // Options that list h2 alone still serve a client that knows HTTP/1.1, as in Go, only without saying so.
  const bool lists_http2 = std::ranges::find(wire_.alpn, kHttp2, &wire::Text::view) != wire_.alpn.end();
  return lists_http2 && contains(offered, kSpoken[0], chosen) ? Protocol::kNone : Protocol::kRefused;
}

}  // namespace fairlead::tls
