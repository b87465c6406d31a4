// What request and response heads have in common: limits, resumption, the version and the field section.
#pragma once

#include <algorithm>
#include <cstring>

#include "codec/http1/field_parser.h"
#include "codec/http1/framing.h"
#include "codec/http1/head_parser.h"

namespace fairlead::codec::http1 {

/// A position in the bytes of a head that is being parsed.
struct Cursor {
  const char* begin;
  const char* at;
  const char* end;
  std::size_t left() const { return static_cast<std::size_t>(end - at); }
};

/// Steps of a parser: kComplete means "go on".
inline ParseOutcome refuse(HeadFault& fault, HeadFault why) {
  fault = why;
  return ParseOutcome::kBad;
}

/// Reads "HTTP/1.x"; other majors are told apart from nonsense. `minor_version` becomes 0 or 1: a higher minor version
/// is treated as the highest we know (RFC 9110 section 2.5).
inline HeadFault parse_version(const char* text, std::uint8_t& minor_version) {
  if (std::memcmp(text, "HTTP/", 5) != 0 || !ascii::is_digit(text[5]) || text[6] != '.' || !ascii::is_digit(text[7])) {
    return HeadFault::kVersionMalformed;
  }
  if (text[5] != '1') return HeadFault::kVersionUnsupported;
  minor_version = text[7] == '0' ? 0 : 1;
  return HeadFault::kNone;
}
inline constexpr std::size_t kVersionBytes = 8;

/// Takes the CRLF that ends a first line.
inline ParseOutcome take_line_end(Cursor& cursor, HeadFault& fault, HeadFault otherwise) {
  if (cursor.left() == 0) return ParseOutcome::kIncomplete;
  if (*cursor.at == '\n') return refuse(fault, HeadFault::kBareLineFeed);
  if (*cursor.at != '\r') return refuse(fault, otherwise);
  if (cursor.left() == 1) return ParseOutcome::kIncomplete;
  if (cursor.at[1] != '\n') return refuse(fault, HeadFault::kBareCarriageReturn);
  cursor.at += 2;
  return ParseOutcome::kComplete;
}

/// Takes all field lines and the empty line, adds the fields to `headers` and shows each to `note`, which returns a
/// fault or kNone.
template <class Note>
ParseOutcome parse_fields(Cursor& cursor, std::uint32_t max_fields, Headers& headers, HeadFault& fault, Note note) {
  const char* at = cursor.at;
  Line line;
  while ((line = parse_field_line(cursor.begin, at, cursor.end, headers.next(), fault)) == Line::kField) {
    if (headers.size() == max_fields) return refuse(fault, HeadFault::kTooManyFields);
    const Header& field = headers.next();
    headers.take_next();
    if (const HeadFault noted = note(field); noted != HeadFault::kNone) return refuse(fault, noted);
  }
  cursor.at = at;
  if (line == Line::kEnd) return ParseOutcome::kComplete;
  return line == Line::kBad ? ParseOutcome::kBad : ParseOutcome::kIncomplete;
}

/// Runs `parse(cursor)` on as much of `bytes` as a head may have. The first call parses at once; when the head turns
/// out to be incomplete, later calls only look for its end, and the last one parses again. So does the one that brings
/// the end of the first line: a peer that speaks another protocol is refused then. Four passes at most.
template <class Parse>
ParseOutcome read_head(std::string_view bytes, const HeadLimits& limits, HeadScan& scan, std::size_t& consumed,
                       HeadFault& fault, Parse parse) {
  const std::string_view window = bytes.substr(0, limits.max_head_bytes);
  ParseOutcome outcome = ParseOutcome::kIncomplete;
  HeadScan::Found found = HeadScan::Found::kEnd;
  const bool awaits_line = scan.in_first_line();
  if (scan.started()) found = scan.search(window);
  if (found == HeadScan::Found::kBareLineFeed) return refuse(fault, HeadFault::kBareLineFeed);
  if (found == HeadScan::Found::kEnd || (awaits_line && !scan.in_first_line())) {
    Cursor cursor{window.data(), window.data(), window.data() + window.size()};
    outcome = parse(cursor);
    if (outcome == ParseOutcome::kComplete) consumed = static_cast<std::size_t>(cursor.at - window.data());
    if (outcome != ParseOutcome::kIncomplete) return outcome;
    scan.search(window);
  }
  if (scan.in_first_line() && window.size() > limits.max_line_bytes)
    return refuse(fault, HeadFault::kRequestLineTooLong);
  if (bytes.size() >= limits.max_head_bytes) {
    return refuse(fault, scan.in_first_line() ? HeadFault::kRequestLineTooLong : HeadFault::kHeadTooLarge);
  }
  return outcome;
}

}  // namespace fairlead::codec::http1
