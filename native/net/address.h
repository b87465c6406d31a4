// Socket addresses as values.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::net {

/// An IPv6 address in network order as two numbers; IPv4 is IPv4-mapped (::ffff:a.b.c.d).
struct IpAddress {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  constexpr bool is_v4() const { return high == 0 && (low >> 32) == 0xffff; }
  bool operator==(const IpAddress&) const = default;

  /// Parses dotted IPv4 or IPv6 (zone identifiers are dropped, brackets are not accepted).
  static std::optional<IpAddress> parse(std::string_view text);
  /// Canonical text in `buffer` of at least 46 bytes (INET6_ADDRSTRLEN); IPv4 in dotted form.
  std::string_view format(char* buffer) const;
};

/// True when `address` lies in the range `network`/`bits` (bits count from the left of the mapped form, 0..128). IPv4
/// lies in IPv4 ranges only: ::/0 does not hold it, as with Go's net.IPNet.
constexpr bool in_range(const IpAddress& address, std::uint64_t high, std::uint64_t low, std::uint32_t bits) {
  if (bits < 96 && address.is_v4()) return false;
  if (bits == 0) return true;
  const std::uint64_t high_mask = bits >= 64 ? ~0ULL : ~0ULL << (64 - bits);
  if (((address.high ^ high) & high_mask) != 0) return false;
  if (bits <= 64) return true;
  const std::uint64_t low_mask = bits >= 128 ? ~0ULL : ~0ULL << (128 - bits);
  return ((address.low ^ low) & low_mask) == 0;
}

/// An address and port, or a unix socket path.
struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  static Endpoint from(const sockaddr_storage& storage);
  /// Fills `storage` and returns its length; IPv4-mapped addresses become AF_INET.
  socklen_t to(sockaddr_storage& storage) const;
  bool operator==(const Endpoint&) const = default;
};

}  // namespace fairlead::net
