#include "codec/http1/field_parser.h"

namespace fairlead::codec::http1::detail {
namespace {

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

Line take_odd_line(const char*& at, const char* stop, const char* end, HeadFault& fault) {
  if (stop == end) return Line::kIncomplete;
  const bool has_name = stop != at;
  switch (*stop) {
    case '\r':
      return has_name ? refuse(fault, HeadFault::kFieldNameMalformed) : end_of_section(at, end, fault);
    case '\n':
      return refuse(fault, HeadFault::kBareLineFeed);
    case ':':
      return refuse(fault, HeadFault::kFieldNameEmpty);
    case ' ':
    case '\t':
      return refuse(fault, has_name ? HeadFault::kSpaceBeforeColon : HeadFault::kFoldedLine);
    default:
      return refuse(fault, HeadFault::kFieldNameMalformed);
  }
}

Line take_odd_value(const char* stop, const char* end, HeadFault& fault) {
  if (stop == end || (*stop == '\r' && end - stop == 1)) return Line::kIncomplete;
  if (*stop == '\r') return refuse(fault, HeadFault::kBareCarriageReturn);
  return refuse(fault, *stop == '\n' ? HeadFault::kBareLineFeed : HeadFault::kFieldValueControl);
}

}  // namespace fairlead::codec::http1::detail
