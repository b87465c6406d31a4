#pragma once

#include <memory>
#include <string>

#include "base/regex.h"
#include "middleware/middleware.h"

namespace fairlead::middleware {

/// Asks another server whether a request may pass (Traefik forwardAuth). Whatever goes wrong on the way, the request
/// does not pass.
class ForwardAuth final : public Middleware {
 public:
  /// `config` is part of the snapshot and outlives this.
  ForwardAuth(const wire::ForwardAuth& config, const wire::MiddlewareRef& ref, const BuildContext& context);

  std::uint32_t phases() const override;
  std::size_t state_bytes() const override;
  std::string_view fault() const override { return fault_; }
  loop::Task<Verdict> on_request_async(Context& context) const override;
  void on_response(Context& context, codec::Response& response) const override;

 private:
  Verdict admit(Context& context, const codec::Headers& answer) const;
  Verdict deny(Context& context, const FetchReply& reply) const;
  void copy_answer(codec::Headers& request, const codec::Headers& answer) const;
  void keep_cookies(Context& context, const codec::Headers& answer) const;
  bool is_listed_cookie(std::string_view set_cookie) const;

  const wire::ForwardAuth& config_;
  std::uint32_t target_;
  std::string fault_;
  /// Null when none is configured.
  std::unique_ptr<Regex> response_headers_;
};

}  // namespace fairlead::middleware
