#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace fairlead::net {
namespace {

std::uint64_t load_big_endian(const unsigned char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return __builtin_bswap64(word);
}

void store_big_endian(std::uint64_t word, unsigned char* bytes) {
  word = __builtin_bswap64(word);
  std::memcpy(bytes, &word, sizeof(word));
}

IpAddress from_v4(const in_addr& address) { return {0, (0xffffULL << 32) | ntohl(address.s_addr)}; }

IpAddress from_v6(const in6_addr& address) {
  return {load_big_endian(address.s6_addr), load_big_endian(address.s6_addr + 8)};
}

// By hand: inet_ntop() goes through printf, and every accepted connection has its peer formatted.
std::string_view format_v4(std::uint32_t address, char* buffer) {
  char* at = buffer;
  for (int shift = 24; shift >= 0; shift -= 8) {
    at = std::to_chars(at, at + 3, address >> shift & 0xff).ptr;
    if (shift > 0) *at++ = '.';
  }
  return {buffer, static_cast<std::size_t>(at - buffer)};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  text = text.substr(0, text.find('%'));
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(buffer) || text.find('\0') != text.npos) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  in_addr v4{};
  if (inet_pton(AF_INET, buffer, &v4) == 1) return from_v4(v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, buffer, &v6) == 1) return from_v6(v6);
  return std::nullopt;
}

std::string_view IpAddress::format(char* buffer) const {
  if (is_v4()) return format_v4(static_cast<std::uint32_t>(low), buffer);
  in6_addr v6{};
  store_big_endian(high, v6.s6_addr);
  store_big_endian(low, v6.s6_addr + 8);
  inet_ntop(AF_INET6, &v6, buffer, INET6_ADDRSTRLEN);
  return buffer;
}

Endpoint Endpoint::from(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof(v4));
    return {from_v4(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof(v6));
    return {from_v6(v6.sin6_addr), ntohs(v6.sin6_port)};
  }
  return {};
}

socklen_t Endpoint::to(sockaddr_storage& storage) const {
  std::memset(&storage, 0, sizeof(storage));
  if (ip.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(ip.low));
    std::memcpy(&storage, &v4, sizeof(v4));
    return sizeof(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  store_big_endian(ip.high, v6.sin6_addr.s6_addr);
  store_big_endian(ip.low, v6.sin6_addr.s6_addr + 8);
  std::memcpy(&storage, &v6, sizeof(v6));
  return sizeof(v6);
}

}  // namespace fairlead::net
