// Keys that seal session tickets (RFC 5077, RFC 8446 section 4.6.1): made here, rotated here, never written anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "tls/library.h"
#include "tls/server.h"

namespace fairlead::tls {

/// The current key seals; the one before it still opens. Made when they are first asked for. Thread-safe; its lock is taken once
/// per handshake.
class TicketKeys {
 public:
  /// How long a key seals, and how long it opens after that.
  static constexpr Nanos kPeriod = 12 * 3600 * kSecond;

  struct Key {
    std::array<std::uint8_t, 16> name;
    std::array<std::uint8_t, 32> aes;
    std::array<std::uint8_t, 32> hmac;
  };
  enum class Found : std::uint8_t { kUnknown, kCurrent, kPrevious };
  using Clock = Nanos (*)();

  explicit TicketKeys(Clock clock = monotonic_now);
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  Key current();
  /// The key of that name; `key` is left alone when there is none.
  Found find(const std::uint8_t* name, Key& key);

  /// As a TicketCallback: prepares the sealing or the opening of one ticket.
  int prepare(std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, TicketMac* mac, bool seals);

 private:
  void rotate();

  std::mutex mutex_;
  Clock clock_;
  std::optional<Nanos> made_;  // when the current key was
  Key current_{};
  Key previous_{};
};

}  // namespace fairlead::tls
