#include "net/address.h"

#include <arpa/inet.h>

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

IpAddress from_v4(const in_addr& address) {
  return {0, (0xffffULL << 32) | ntohl(address.s_addr)};
}

IpAddress from_v6(const in6_addr& address) {
  return {load_big_endian(address.s6_addr), load_big_endian(address.s6_addr + 8)};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  text = text.substr(0, text.find('%'));
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(buffer)) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  in_addr v4{};
  if (inet_pton(AF_INET, buffer, &v4) == 1) return from_v4(v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, buffer, &v6) == 1) return from_v6(v6);
  return std::nullopt;
}

std::string_view IpAddress::format(char* buffer) const {
  if (is_v4()) {
    in_addr v4{htonl(static_cast<std::uint32_t>(low))};
    inet_ntop(AF_INET, &v4, buffer, INET6_ADDRSTRLEN);
  } else {
    in6_addr v6{};
    store_big_endian(high, v6.s6_addr);
    store_big_endian(low, v6.s6_addr + 8);
    inet_ntop(AF_INET6, &v6, buffer, INET6_ADDRSTRLEN);
  }
  return buffer;
}

Endpoint Endpoint::from(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof(v4));
    return {from_v4(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
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
