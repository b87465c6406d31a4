#include "middleware/source_criterion.h"

#include "base/hash.h"
#include "middleware/ip_strategy.h"

namespace fairlead::middleware {
namespace {

constexpr std::uint8_t kHeader = 1;
constexpr std::uint8_t kHost = 2;

SourceKey key_of(std::string_view text) {
  const std::uint64_t seed = hash_seed();
  return {hash_bytes(text, seed), hash_bytes(text, ~seed)};
}

}  // namespace

SourceKey source_of(const wire::SourceCriterion& config, const Context& context) {
  if (config.kind == kHeader) return key_of(context.request.headers.first(config.header.view()));
  if (config.kind == kHost) return key_of(context.request.host);
  const ClientAddress client = client_address(config.ip, context);
  return client.valid ? SourceKey{client.ip.high, client.ip.low} : key_of(client.text);
}

}  // namespace fairlead::middleware
