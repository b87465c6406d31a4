#include "codec/http1/field_parser.h"

#include "codec/http1/scan.h"

namespace fairlead::codec::http1 {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Why the byte at `stop`, the first that is no part of a name starting at `name`, is not the colon of a field.
HeadFault fault_of_name(const char* name, const char* stop) {
  switch (*stop) {
    case '\n':
      return HeadFault::kBareLineFeed;
    case ':':
      return HeadFault::kFieldNameEmpty;
    case ' ':
    case '\t':
      return stop == name ? HeadFault::kFoldedLine : HeadFault::kSpaceBeforeColon;
    default:
      return HeadFault::kFieldNameMalformed;
  }
}

/// Why a value may not go on with `stop`, which may be followed by more bytes or not.
HeadFault fault_of_value(char stop) {
  if (stop == '\r') return HeadFault::kBareCarriageReturn;
  return stop == '\n' ? HeadFault::kBareLineFeed : HeadFault::kFieldValueControl;
}

Line refuse(HeadFault& fault, HeadFault why) {
  fault = why;
  return Line::kBad;
}

Line end_of_section(const char*& at, const char* end, HeadFault& fault) {
  if (end - at < 2) return Line::kIncomplete;
  if (at[1] != '\n') return refuse(fault, HeadFault::kBareCarriageReturn);
  at += 2;
  return Line::kEnd;
}

}  // namespace

Line parse_field_line(const char*& at, const char* end, Header& field, HeadFault& fault) {
  const char* const name = at;
  const char* const colon = skip_token(name, end);
  if (colon == end) return Line::kIncomplete;
  if (colon == name && *colon == '\r') return end_of_section(at, end, fault);
  if (colon == name || *colon != ':') return refuse(fault, fault_of_name(name, colon));

  const char* value = colon + 1;
  while (value != end && is_blank(*value)) ++value;
  const char* const stop = skip_text(value, end);
  if (stop == end || (*stop == '\r' && end - stop == 1)) return Line::kIncomplete;
  if (stop[0] != '\r' || stop[1] != '\n') return refuse(fault, fault_of_value(*stop));
  const char* value_end = stop;
  while (value_end != value && is_blank(value_end[-1])) --value_end;

  field.name = {name, static_cast<std::size_t>(colon - name)};
  field.value = {value, static_cast<std::size_t>(value_end - value)};
  field.id = header_id(field.name);
  at = stop + 2;
  return Line::kField;
}

}  // namespace fairlead::codec::http1
