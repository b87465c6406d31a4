// Keys that seal session tickets (RFC 5077, RFC 8446 section 4.6.1): made here, rotated here, never written anywhere.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <mutex>

#include "base/clock.h"
#include "tls/server.h"

namespace fairlead::tls {

/// The current key seals; the one before it still opens. Thread-safe; taken once per handshake.
class TicketKeys {
 public:
  /// A ticket lives at most one period longer than its key seals.
  static constexpr Nanos kPeriod = 12 * 3600 * kSecond;

  struct Key {
    std::array<std::uint8_t, 16> name;
    std::array<std::uint8_t, 32> aes;
    std::array<std::uint8_t, 32> hmac;
  };
  using Clock = Nanos (*)();

  explicit TicketKeys(Clock clock = monotonic_now);
  Key current();
  /// 0: unknown, 1: current, 2: opens, but the client should get a new ticket.
  int find(const std::uint8_t* name, Key& key);

  /// For SSL_CTX_set_tlsext_ticket_key_cb; the keys are found through `keys_of`.
  static int callback(SSL* ssl, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
                      int encrypt);
  /// Makes `context` use these keys; they must outlive it.
  bool install(SSL_CTX* context);

 private:
  void rotate();

  std::mutex mutex_;
  Clock clock_;
  Nanos made_;
  Key current_;
  Key previous_;
};

}  // namespace fairlead::tls
