// What a page from another origin may do (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "middleware/middleware.h"

namespace fairlead::middleware {

/// The accessControl* options of the headers middleware.
class CrossOrigin {
 public:
  /// `config` outlives this. Compiles the patterns; on failure `fault` names the first that cannot be.
  CrossOrigin(const wire::CrossOrigin& config, std::string& fault);

  bool enabled() const { return config_.enabled; }
  /// OPTIONS with Origin and Access-Control-Request-Method.
  static bool is_preflight(const codec::Request& request);
  /// Answers a preflight request with 200 and no body.
  void answer_preflight(const codec::Request& request, LocalReply& reply) const;
  /// Adds the headers of an ordinary response.
  void complete(const codec::Request& request, codec::Headers& headers) const;

 private:
  /// Value of Access-Control-Allow-Origin, or empty when `origin` is not allowed.
  std::string_view allowed_origin(std::string_view origin) const;
  void add_common(std::string_view origin, codec::Headers& headers) const;

  const wire::CrossOrigin& config_;
  std::vector<std::unique_ptr<Regex>> patterns_;
};

}  // namespace fairlead::middleware
