// The upstream learns what was removed from X-Forwarded-Prefix, so that it can still build links that work from outside.
#include "middleware/strip_prefix.h"

#include "codec/escapes.h"
#include "codec/target.h"

namespace fairlead::middleware {
namespace {

/// Makes the rest of a path a path again; empty when it would not mean what it meant behind its prefix: "/api../x"
/// without "/api" climbs, "/api//x" becomes "//x", and a rest that starts with an escaped slash has two readings.
std::string_view rooted(Arena& arena, std::string_view rest) {
  if (rest.empty()) return "/";
  if (rest.starts_with("%2F")) return {};
  const std::string_view path = rest.starts_with('/') ? rest : arena.concat("/", rest);
  return path.find("//") == std::string_view::npos ? path : std::string_view();
}

}  // namespace

std::size_t escaped_prefix(std::string_view path, std::string_view prefix) {
  std::size_t at = 0;
  for (const char expected : prefix) {
    if (at == path.size()) return std::string_view::npos;
    const bool escaped = path[at] == '%';
    const int byte = escaped ? codec::escape_at(path, at) : static_cast<std::uint8_t>(path[at]);
    if (byte != static_cast<std::uint8_t>(expected)) return std::string_view::npos;
    at += escaped ? 3 : 1;
  }
  return at;
}

StripPrefix::StripPrefix(const wire::StripPrefix& config, const wire::MiddlewareRef&, const BuildContext&)
    : config_(config) {}

Verdict StripPrefix::on_request(Context& context) const {
  codec::Request& request = context.request;
  for (const wire::Text& prefix : config_.prefixes) {
    const std::size_t size = escaped_prefix(request.path, prefix);
    if (size == std::string_view::npos) continue;
    const std::string_view path = rooted(context.arena, request.path.substr(size));
    if (path.empty() || !codec::set_path(request, path, context.arena)) {
      context.reply.set_text(400, "Bad Request");
      return Verdict::kReplied;
    }
    request.headers.add("X-Forwarded-Prefix", prefix);
    return Verdict::kNext;
  }
  return Verdict::kNext;
}

}  // namespace fairlead::middleware
