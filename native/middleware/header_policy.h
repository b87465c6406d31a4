#pragma once

#include <string>

#include "middleware/cross_origin.h"
#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Sets and deletes headers of requests and responses, answers CORS preflights, refuses unknown hosts and adds security
/// headers (Traefik headers).
class HeaderPolicy final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  HeaderPolicy(const wire::HeaderPolicy& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override { return kOnRequest | kOnResponse; }
  std::size_t state_bytes() const override;
  std::string_view fault() const override { return fault_; }
  Verdict on_request(Context& context) const override;
  void on_response(Context& context, codec::Response& response) const override;

 private:
  bool knows_host(const codec::Request& request) const;
  bool over_tls(const Context& context) const;

  const wire::HeaderPolicy& config_;
  std::string fault_;
  CrossOrigin cross_origin_;
};

}  // namespace fairlead::middleware
