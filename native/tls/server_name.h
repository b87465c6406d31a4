// The name a client asks for (RFC 6066 section 3).
#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::tls {

/// Lower case, without trailing dot; empty when the extension is absent or malformed.
inline std::string server_name_of(const SSL_CLIENT_HELLO* hello) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (SSL_early_callback_ctx_extension_get(hello, TLSEXT_TYPE_server_name, &data, &size) != 1) return {};
  // list length (2), type host_name (1), name length (2), name
  constexpr std::size_t kPrefix = 5;
  if (size <= kPrefix || data[2] != 0) return {};
  const std::size_t length = static_cast<std::size_t>(data[3]) << 8 | data[4];
  if (length > size - kPrefix) return {};
  std::string name(reinterpret_cast<const char*>(data) + kPrefix, length);
  std::transform(name.begin(), name.end(), name.begin(), ascii::lower);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

/// How a certificate is called in messages.
inline std::string first_name(const wire::Certificate& certificate) {
  return certificate.names.empty() ? "without names" : "for \"" + std::string(certificate.names[0].view()) + "\"";
}

}  // namespace fairlead::tls
