#pragma once

#include <memory>

#include "middleware/middleware.h"
#include "middleware/token_buckets.h"

namespace fairlead::middleware {

/// Holds requests back, or refuses them with 429, when a source sends more than it may (Traefik rateLimit). The buckets
/// are shared by all workers and outlive reloads that leave this middleware as it is.
class RateLimit final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  RateLimit(const wire::RateLimit& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override {
    if (buckets_ == nullptr) return 0;
    return kOnRequestAsync;
  }
  loop::Task<Verdict> on_request_async(Context& context) const override;

 private:
  const wire::RateLimit& config_;
  const wire::Text& name_;
  /// Null when the rate is unlimited.
  std::shared_ptr<TokenBuckets> buckets_;
};

}  // namespace fairlead::middleware
