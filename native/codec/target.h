// The one normal form of path, query and host. Rules, middlewares, the access log and the upstream all see the same; a
// change of the path goes through set_path(), so that none of them can be shown something else afterwards.
//
// A normal path starts with '/', holds only bytes that RFC 3986 allows in a path, escapes everything else with
// upper-case digits and nothing that needs no escape, and (unless an entry point turns sanitizing off) has no empty
// segments and no dot segments. Normalising a normal form changes nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/head_fault.h"
#include "codec/message.h"

namespace fairlead::codec {

/// How an entry point treats targets.
struct TargetRules {
  /// `http.sanitizePath`: resolve "//", "/./" and "/../".
  bool sanitize_path = true;
  /// `http.encodeQuerySemicolons`: a raw ';' in the query becomes "%3B" instead of '&'.
  bool encode_query_semicolons = false;
};

/// Brings path, query and host of a parsed request into normal form, fills routing_path and makes `target` path and query
/// in that form. Copies into `arena` only what changes. A '#' anywhere and a broken escape in the path are faults, which
/// leave `target` as it was received.
HeadFault normalise_target(Request& request, const TargetRules& rules, Arena& arena);

/// Gives the request another path and derives routing_path from it. Bytes that may not stand in a path are escaped;
/// false, and nothing changed, when the result is no normal path: relative, with broken escapes, or with dot segments
/// (which a rewritten path gets when a prefix is cut from "/api../x"). Empty segments are let be.
[[nodiscard]] bool set_path(Request& request, std::string_view escaped_path, Arena& arena);

/// True when set_path() would take `path` as it is.
bool is_normal_path(std::string_view path);

/// `path` with every escape decoded but those of reserved characters and '%'. `path` is normal.
std::string_view routing_path_of(std::string_view path, Arena& arena);

/// Those bits of `mask` (wire::kDenied...) whose character is in `path` in escaped form. `path` is normal.
std::uint32_t denied_characters(std::string_view path, std::uint32_t mask);

/// Walks over the parameters of a query (application/x-www-form-urlencoded), decoded, in order. Parameters with broken
/// escapes are left out, as Go's url.ParseQuery does.
class QueryReader {
 public:
  /// `query` and `arena` outlive what is read.
  QueryReader(std::string_view query, Arena& arena) : rest_(query), arena_(arena) {}
  /// Takes the next parameter; false at the end. A parameter without '=' has an empty value.
  bool next(std::string_view& name, std::string_view& value);

 private:
  bool decode(std::string_view text, std::string_view& decoded);

  std::string_view rest_;
  Arena& arena_;
};

}  // namespace fairlead::codec
