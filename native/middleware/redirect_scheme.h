#pragma once

#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Answers with a redirect to the same URL under another scheme or port (Traefik redirectScheme).
class RedirectScheme final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  RedirectScheme(const wire::RedirectScheme& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override { return kOnRequest; }
  Verdict on_request(Context& context) const override;

 private:
  const wire::RedirectScheme& config_;
};

}  // namespace fairlead::middleware
