#include "middleware/add_prefix.h"

#include "codec/target.h"

namespace fairlead::middleware {

AddPrefix::AddPrefix(const wire::AddPrefix& config, const wire::MiddlewareRef&, const BuildContext&)
    : config_(config) {}

std::string_view AddPrefix::fault() const {
  return codec::is_normal_path(config_.prefix) ? "" : "prefix: has dot segments";
}

Verdict AddPrefix::on_request(Context& context) const {
  codec::Request& request = context.request;
  // "OPTIONS *" has no path.
  if (!request.path.starts_with('/')) return Verdict::kNext;
  // A normal prefix before a normal path is normal.
  if (codec::set_path(request, context.arena.concat(config_.prefix.view(), request.path), context.arena)) {
    return Verdict::kNext;
  }
  context.reply.set_text(500, "Internal Server Error", Reason::kMiddlewareFailed);
  return Verdict::kReplied;
}

}  // namespace fairlead::middleware
