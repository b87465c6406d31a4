#pragma once

#include "middleware/accept_coding.h"
#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Compresses response bodies in the coding that client and configuration agree on (Traefik compress).
///
/// A body of unknown length is taken to be worth it: its head leaves before its size is known.
class Compress final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  Compress(const wire::Compress& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override { return kOnResponseBody; }
  std::string_view fault() const override;
  std::unique_ptr<BodyFilter> body_filter(Context& context, codec::Response& response) const override;

 private:
  bool is_wanted(const codec::Request& request, const codec::Response& response) const;
  bool is_compressible(std::string_view content_type) const;

  const wire::Compress& config_;
};

}  // namespace fairlead::middleware
