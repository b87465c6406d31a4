#pragma once

#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Puts a prefix in front of the request path (Traefik addPrefix).
class AddPrefix final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  AddPrefix(const wire::AddPrefix& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override { return kOnRequest; }
  std::string_view fault() const override;
  Verdict on_request(Context& context) const override;

 private:
  const wire::AddPrefix& config_;
};

}  // namespace fairlead::middleware
