#include "middleware/ip_strategy.h"

#include <algorithm>

#include "base/ascii.h"

namespace fairlead::middleware {
namespace {

/// Takes the last element of a comma-separated list off `rest`; false when there is none left.
bool last_element(std::string_view& rest, std::string_view& element) {
  if (rest.data() == nullptr) return false;
  const std::size_t comma = rest.rfind(',');
  element = ascii::trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
  return true;
}

ClientAddress parsed(std::string_view text) {
  const auto ip = net::IpAddress::parse(text);
  return {text, ip.value_or(net::IpAddress{}), ip.has_value()};
}

/// Keeps the first `bits` bits of an IPv6 address; 0 keeps all.
void cut(ClientAddress& client, std::uint32_t bits) {
  if (bits == 0 || bits >= 128 || !client.valid || client.ip.is_v4()) return;
  client.ip.high &= bits >= 64 ? ~0ULL : ~0ULL << (64 - bits);
  client.ip.low &= bits <= 64 ? 0ULL : ~0ULL << (128 - bits);
}

ClientAddress at_depth(std::string_view forwarded, std::uint32_t depth) {
  std::string_view element;
  while (last_element(forwarded, element)) {
    if (--depth == 0) return parsed(element);
  }
  return {};
}

/// The nearest address that is in none of the networks. Text that is no address is in none.
ClientAddress outside(std::string_view forwarded, const wire::List<wire::Cidr>& networks) {
  std::string_view element;
  while (last_element(forwarded, element)) {
    if (element.empty()) continue;
    const ClientAddress client = parsed(element);
    const auto holds = [&client](const wire::Cidr& network) {
      return client.valid && net::in_range(client.ip, network.high, network.low, network.bits);
    };
    if (std::none_of(networks.begin(), networks.end(), holds)) return client;
  }
  return {};
}

}  // namespace

ClientAddress client_address(const wire::IpStrategy& config, const Context& context) {
  if (config.depth == 0 && !config.excluded.empty()) {
    return outside(context.request.headers.joined("x-forwarded-for"), config.excluded);
  }
  ClientAddress client = config.depth == 0 ? ClientAddress{context.peer.client_text, context.peer.client.ip, true}
                                           : at_depth(context.request.headers.joined("x-forwarded-for"), config.depth);
  cut(client, config.ipv6_bits);
  return client;
}

}  // namespace fairlead::middleware
