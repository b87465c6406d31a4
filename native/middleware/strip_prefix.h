#pragma once

#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Removes the first configured prefix that the decoded request path starts with (Traefik stripPrefix).
class StripPrefix final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  StripPrefix(const wire::StripPrefix& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override { return kOnRequest; }
  Verdict on_request(Context& context) const override;

 private:
  const wire::StripPrefix& config_;
};

/// Bytes of the escaped `path` that spell the decoded `prefix`, or npos when it starts otherwise.
std::size_t escaped_prefix(std::string_view path, std::string_view prefix);

}  // namespace fairlead::middleware
