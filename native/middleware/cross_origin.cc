#include "middleware/cross_origin.h"

#include "base/ascii.h"

namespace fairlead::middleware {

CrossOrigin::CrossOrigin(const wire::CrossOrigin& config, std::string& fault) : config_(config) {
  for (const wire::Text& pattern : config.origin_patterns) {
    std::string error;
    auto compiled = Regex::compile(pattern.view(), error);
    if (compiled != nullptr) {
      patterns_.push_back(std::move(compiled));
    } else if (fault.empty()) {
      fault = "accessControlAllowOriginListRegex: " + error;
    }
  }
}

bool CrossOrigin::is_preflight(const codec::Request& request) {
  return request.method == codec::Method::kOptions && !request.headers.first(codec::HeaderId::kOrigin).empty() &&
         !request.headers.first("access-control-request-method").empty();
}

std::string_view CrossOrigin::allowed_origin(std::string_view origin) const {
  for (const wire::Text& item : config_.origins) {
    if (item.view() == origin) return origin;
    // The wildcard does not work together with credentials, so the origin itself is allowed.
    if (item.view() == "*") return config_.credentials ? origin : "*";
  }
  for (const auto& pattern : patterns_) {
    if (pattern->matches(origin)) return origin;
  }
  return {};
}

/// What preflights and ordinary responses have in common.
void CrossOrigin::add_common(std::string_view origin, codec::Headers& headers) const {
  const std::string_view allowed = allowed_origin(origin);
  if (!allowed.empty()) headers.set("Access-Control-Allow-Origin", allowed);
  if (config_.credentials) headers.set("Access-Control-Allow-Credentials", "true");
  if (!config_.expose_headers.empty()) headers.set("Access-Control-Expose-Headers", config_.expose_headers);
}

void CrossOrigin::answer_preflight(const codec::Request& request, LocalReply& reply) const {
  codec::Headers& headers = reply.headers;
  reply.status = 200;
  add_common(request.headers.first(codec::HeaderId::kOrigin), headers);

  const std::string_view allow_headers =
      config_.echo_headers ? request.headers.first("access-control-request-headers") : config_.allow_headers.view();
  if (!allow_headers.empty()) headers.set("Access-Control-Allow-Headers", allow_headers);

  const std::string_view allow_methods =
      config_.echo_methods ? request.headers.first("access-control-request-method") : config_.allow_methods.view();
  if (!allow_methods.empty()) headers.set("Access-Control-Allow-Methods", allow_methods);

  if (!config_.max_age.empty()) headers.set("Access-Control-Max-Age", config_.max_age);
}

void CrossOrigin::complete(const codec::Request& request, codec::Headers& headers) const {
  add_common(request.headers.first(codec::HeaderId::kOrigin), headers);
  if (config_.add_vary && !ascii::list_has(headers.joined("vary"), "Origin")) headers.add("Vary", "Origin");
}

}  // namespace fairlead::middleware
