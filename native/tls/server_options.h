// One set of TLS options, checked once and applied to many connections.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/generated/records.gen.h"
#include "tls/library.h"

namespace fairlead::tls {

/// Immutable. Refers to the snapshot, which must outlive it.
class ServerOptions {
 public:
  enum class Protocol : std::uint8_t { kChosen, kNone, kRefused };

  /// Null with a fault when the library cannot do what they say.
  static std::unique_ptr<const ServerOptions> compile(const wire::TlsOptions& wire, std::string& fault);

  /// Whether a name without certificate is refused.
  bool sni_strict() const { return wire_.sni_strict; }
  /// Makes connections of `context` follow these options.
  bool apply(SSL_CTX* context) const;
  /// Makes one connection follow them instead of those of its context.
  bool apply(SSL* ssl) const;
  /// Allows tickets or not, and binds them to these options. After the certificate is set, which carries the binding.
  bool bind_tickets(SSL* ssl) const;
  /// Chooses from the client's list (RFC 7301), by our order. `chosen` points into `offered`.
  Protocol choose(std::span<const std::uint8_t> offered, std::string_view& chosen) const;

 private:
  explicit ServerOptions(const wire::TlsOptions& wire) : wire_(wire) {}
  std::uint16_t lowest() const;
  std::uint16_t highest() const;

  const wire::TlsOptions& wire_;
  std::string ciphers_;
  std::string groups_;
  std::vector<std::string_view> protocols_;  // those we speak, in order of preference
};

}  // namespace fairlead::tls
