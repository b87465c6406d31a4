// One field line of a head or of a trailer section (RFC 9112 section 5), without any of the allowances for old senders.
#pragma once

#include "codec/head_fault.h"
#include "codec/message.h"
#include "codec/scan.h"

namespace fairlead::codec::http1 {

enum class Line : std::uint8_t {
  kField,       // `field` is filled
  kEnd,         // the empty line that ends the section
  kIncomplete,  // the line goes on behind `end`; nothing was taken
  kBad,         // `fault` says why
};

namespace detail {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A line whose first byte that is no tchar, at `stop`, is not the colon behind a name.
Line take_odd_line(const char*& at, const char* stop, const char* end, HeadFault& fault);
/// A value whose first byte that is no text, at `stop`, is not the CR of a CRLF.
Line take_odd_value(const char* stop, const char* end, HeadFault& fault);

}  // namespace detail

/// Takes one line off [at, end). The field's views point into it, its value has no white space around it and its id is
/// set. Lines end with CRLF; a bare CR or LF, folding, white space before the colon and controls are faults. `begin` is
/// where readable memory starts. Inline, because it runs for every field of every message.
[[gnu::always_inline]] inline Line parse_field_line(const char* begin, const char*& at, const char* end, Header& field,
                                                    HeadFault& fault) {
  const char* const name = at;
  const char* const colon = skip_token(begin, name, end);
  if (colon == end || *colon != ':' || colon == name) return detail::take_odd_line(at, colon, end, fault);

  const char* value = colon + 1;
  if (value != end && *value == ' ') ++value;
  while (value != end && detail::is_blank(*value)) ++value;
  const char* const stop = skip_text(begin, value, end);
  if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n') return detail::take_odd_value(stop, end, fault);
  const char* value_end = stop;
  while (value_end != value && detail::is_blank(value_end[-1])) --value_end;

  field.name = {name, static_cast<std::size_t>(colon - name)};
  field.value = {value, static_cast<std::size_t>(value_end - value)};
  field.id = header_id(field.name);
  field.is_line = value == colon + 2 && colon[1] == ' ' && value_end == stop;
  at = stop + 2;
  return Line::kField;
}

}  // namespace fairlead::codec::http1
