// One field line of a head or of a trailer section (RFC 9112 section 5), without any of the allowances for old senders.
#pragma once

#include "codec/head_fault.h"
#include "codec/message.h"

namespace fairlead::codec::http1 {

enum class Line : std::uint8_t {
  kField,       // `field` is filled
  kEnd,         // the empty line that ends the section
  kIncomplete,  // the line goes on behind `end`; nothing was taken
  kBad,         // `fault` says why
};

/// Takes one line off [at, end). The field's views point into it, its value has no white space around it and its id is
/// set. Lines end with CRLF; a bare CR or LF, folding, white space before the colon and controls are faults.
Line parse_field_line(const char*& at, const char* end, Header& field, HeadFault& fault);

}  // namespace fairlead::codec::http1
