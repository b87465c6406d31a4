#pragma once

#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Lets a request go to another server when one fails (Traefik retry). It only says when: whoever forwards the request
/// does it.
class Retry final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  Retry(const wire::Retry& config, const wire::MiddlewareRef&, const BuildContext&) : config_(config) {}

  std::uint32_t phases() const override { return kOnRequest; }
  Verdict on_request(Context& context) const override;

 private:
  const wire::Retry& config_;
};

}  // namespace fairlead::middleware
