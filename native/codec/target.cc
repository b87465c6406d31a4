#include "codec/target.h"

#include <algorithm>

#include "codec/authority.h"
#include "codec/escapes.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::codec {
namespace {

/// What has to be done to a path: the PathByte bits in it, and whether a '/' is followed by another or by a '.'.
struct Survey {
  std::uint8_t bytes = 0;
  bool may_have_dot_segments = false;
};

Survey survey(std::string_view path) {
  std::uint8_t seen = 0;
  std::uint8_t before = 0;
  std::uint8_t pairs = 0;
  for (char c : path) {
    const std::uint8_t kind = path_byte(c);
    seen |= kind;
    if ((before & kPathSlash) != 0) pairs |= kind;
    before = kind;
  }
  return {seen, (pairs & (kPathSlash | kPathDot)) != 0};
}

bool is_dots(std::string_view segment) { return segment == "." || segment == ".."; }

/// Takes the segment up to the next '/' off `rest`, with the '/'.
std::string_view take_segment(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

bool has_dot_segments(std::string_view path) {
  while (!path.empty()) {
    if (is_dots(take_segment(path))) return true;
  }
  return false;
}

/// Without empty and dot segments, as Go's path.Clean, which T uses: "/a/b/.." is "/a". A slash at the end stays.
std::string_view without_dot_segments(std::string_view path, Arena& arena) {
  char* const bytes = arena.array<char>(path.size() + 1);
  char* to = bytes;
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      while (to != bytes && *--to != '/') continue;
      continue;
    }
    *to++ = '/';
    to = std::ranges::copy(segment, to).out;
  }
  if (to == bytes || path.ends_with('/')) *to++ = '/';
  return {bytes, static_cast<std::size_t>(to - bytes)};
}

HeadFault normalise_path(Request& request, const TargetRules& rules, Arena& arena) {
  std::string_view path = request.path;
  Survey found = survey(path);
  if ((found.bytes & kPathHash) != 0) return HeadFault::kTargetFragment;
  const bool has_escapes = (found.bytes & kPathEscape) != 0;
  if ((found.bytes & (kPathEscape | kPathRaw)) != 0) {
    if (!normalise_escapes(path, arena, path)) return HeadFault::kPathEscapeMalformed;
    found = survey(path);
  }
  if (rules.sanitize_path && found.may_have_dot_segments) path = without_dot_segments(path, arena);
  request.path = path;
  request.routing_path = has_escapes || (found.bytes & kPathEscape) != 0 ? routing_path_of(path, arena) : path;
  return HeadFault::kNone;
}

/// `query` with every ';' replaced.
std::string_view without_semicolons(std::string_view query, std::string_view replacement, Arena& arena) {
  const auto count = static_cast<std::size_t>(std::ranges::count(query, ';'));
  char* const bytes = arena.array<char>(query.size() + count * (replacement.size() - 1));
  char* to = bytes;
  for (char c : query) {
    if (c == ';') {
      to = std::ranges::copy(replacement, to).out;
    } else {
      *to++ = c;
    }
  }
  return {bytes, static_cast<std::size_t>(to - bytes)};
}

HeadFault normalise_query(Request& request, const TargetRules& rules, Arena& arena) {
  if (request.query.empty()) return HeadFault::kNone;
  if (request.query.find('#') != std::string_view::npos) return HeadFault::kTargetFragment;
  if (request.query.find(';') != std::string_view::npos) {
    request.query = without_semicolons(request.query, rules.encode_query_semicolons ? "%3B" : "&", arena);
  }
  return HeadFault::kNone;
}

/// Path and query as they are forwarded. What arrived like that, which is nearly everything, is not copied.
std::string_view target_of(const Request& request, Arena& arena) {
  const std::string_view path = request.path;
  const std::string_view query = request.query;
  const std::size_t size = path.size() + (request.has_query ? 1 + query.size() : 0);
  const bool is_same = path.data() == request.target.data() && size == request.target.size() &&
                       (!request.has_query || query.data() == path.data() + path.size() + 1);
  if (is_same) return request.target;
  return request.has_query ? arena.concat(path, std::string_view("?"), query) : path;
}

}  // namespace

HeadFault normalise_target(Request& request, const TargetRules& rules, Arena& arena) {
  request.host = canonical_host(request.host, arena);
  HeadFault fault = HeadFault::kNone;
  if (request.path == "*") {
    request.routing_path = request.path;
  } else {
    fault = request.path.starts_with('/') ? normalise_path(request, rules, arena) : HeadFault::kTargetMalformed;
  }
  if (fault == HeadFault::kNone) fault = normalise_query(request, rules, arena);
  if (fault == HeadFault::kNone) request.target = target_of(request, arena);
  return fault;
}

bool set_path(Request& request, std::string_view escaped_path, Arena& arena) {
  if (!escaped_path.starts_with('/')) return false;
  std::string_view path = escaped_path;
  const Survey found = survey(path);
  const bool has_escapes = (found.bytes & (kPathEscape | kPathRaw | kPathHash)) != 0;
  if (has_escapes && !normalise_escapes(path, arena, path)) return false;
  if ((has_escapes || found.may_have_dot_segments) && has_dot_segments(path)) return false;
  request.path = path;
  request.routing_path = has_escapes ? routing_path_of(path, arena) : path;
  return true;
}

bool is_normal_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const std::uint8_t kind = path_byte(path[at]);
    if ((kind & (kPathRaw | kPathHash)) != 0) return false;
    if (kind != kPathEscape) continue;
    const int byte = escape_at(path, at);
    if (byte < 0 || (byte < 128 && is_unreserved(static_cast<char>(byte)))) return false;
    if (ascii::upper(path[at + 1]) != path[at + 1] || ascii::upper(path[at + 2]) != path[at + 2]) return false;
  }
  return !has_dot_segments(path);
}

std::string_view routing_path_of(std::string_view path, Arena& arena) {
  if (path.find('%') == std::string_view::npos) return path;
  char* const bytes = arena.array<char>(path.size());
  char* to = bytes;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const int byte = path[at] == '%' ? escape_at(path, at) : -1;
    if (byte < 0 || is_reserved(static_cast<char>(byte))) {
      *to++ = path[at];
      continue;
    }
    *to++ = static_cast<char>(byte);
    at += 2;
  }
  return {bytes, static_cast<std::size_t>(to - bytes)};
}

std::uint32_t denied_characters(std::string_view path, std::uint32_t mask) {
  std::uint32_t found = 0;
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    switch (escape_at(path, at)) {
      case '/':
        found |= wire::kDeniedSlash;
        break;
      case '\\':
        found |= wire::kDeniedBackSlash;
        break;
      case '\0':
        found |= wire::kDeniedNullCharacter;
        break;
      case ';':
        found |= wire::kDeniedSemicolon;
        break;
      case '%':
        found |= wire::kDeniedPercent;
        break;
      case '?':
        found |= wire::kDeniedQuestionMark;
        break;
      case '#':
        found |= wire::kDeniedHash;
        break;
    }
  }
  return found & mask;
}

bool QueryReader::next(std::string_view& name, std::string_view& value) {
  while (!rest_.empty()) {
    const std::size_t separator = rest_.find('&');
    const std::string_view parameter = rest_.substr(0, separator);
    rest_.remove_prefix(separator == std::string_view::npos ? rest_.size() : separator + 1);
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    const std::string_view raw_value = equals == std::string_view::npos ? "" : parameter.substr(equals + 1);
    if (decode(parameter.substr(0, equals), name) && decode(raw_value, value)) return true;
  }
  return false;
}

bool QueryReader::decode(std::string_view text, std::string_view& decoded) {
  decoded = text;
  if (text.find_first_of("%+") == std::string_view::npos) return true;
  char* const bytes = arena_.array<char>(text.size());
  char* to = bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      *to++ = text[at] == '+' ? ' ' : text[at];
      continue;
    }
    const int byte = escape_at(text, at);
    if (byte < 0) return false;
    *to++ = static_cast<char>(byte);
    at += 2;
  }
  decoded = {bytes, static_cast<std::size_t>(to - bytes)};
  return true;
}

}  // namespace fairlead::codec
