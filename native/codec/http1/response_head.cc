#include "codec/http1/head_reader.h"
#include "codec/scan.h"

namespace fairlead::codec::http1 {
namespace {

constexpr std::size_t kStatusDigits = 3;

/// HTTP-version SP status-code [SP [reason-phrase]] CRLF; many servers leave the second space out with the reason.
ParseOutcome parse_status_line(Cursor& cursor, Response& response, HeadFault& fault) {
  constexpr std::size_t kShortest = kVersionBytes + 1 + kStatusDigits;
  if (cursor.left() < kShortest) {
    // Bytes that can never become a status line are refused before they are complete (HTTP/0.9, another protocol).
    constexpr std::string_view kStart = "HTTP/1.";
    const std::string_view have(cursor.at, std::min(cursor.left(), kStart.size()));
    return kStart.starts_with(have) ? ParseOutcome::kIncomplete : refuse(fault, HeadFault::kStatusLineMalformed);
  }
  const HeadFault version = parse_version(cursor.at, response.minor_version);
  if (version != HeadFault::kNone) return refuse(fault, version);
  const char* const digits = cursor.at + kVersionBytes + 1;
  std::uint64_t status = 0;
  if (digits[-1] != ' ' || !parse_length({digits, kStatusDigits}, status) || status < 100) {
    return refuse(fault, HeadFault::kStatusLineMalformed);
  }
  response.status = static_cast<std::uint16_t>(status);
  response.reason = {};
  cursor.at = digits + kStatusDigits;
  if (cursor.left() > 0 && *cursor.at == ' ') {
    const char* const reason = cursor.at + 1;
    cursor.at = skip_text(cursor.begin, reason, cursor.end);
    response.reason = {reason, static_cast<std::size_t>(cursor.at - reason)};
  }
  return take_line_end(cursor, fault, HeadFault::kStatusLineMalformed);
}

/// RFC 9112 section 6.3. A length in an answer that has no body (HEAD, 204, 304) says nothing about these bytes.
BodyKind body_of(const Framing& framing, Method method, std::uint16_t status) {
  if (method == Method::kHead || status < 200 || status == 204 || status == 304) return BodyKind::kNone;
  if (framing.is_chunked()) return BodyKind::kChunked;
  if (!framing.has_length()) return BodyKind::kUntilClose;
  return framing.length() > 0 ? BodyKind::kLength : BodyKind::kNone;
}

ParseOutcome parse(Cursor& cursor, const HeadLimits& limits, Method method, Response& response, HeadFault& fault) {
  response.headers.clear();
  const char* const line = cursor.at;
  ParseOutcome outcome = parse_status_line(cursor, response, fault);
  if (outcome != ParseOutcome::kComplete) return outcome;
  if (static_cast<std::size_t>(cursor.at - line) > limits.max_line_bytes) {
    return refuse(fault, HeadFault::kRequestLineTooLong);
  }
  Framing framing;
  outcome = parse_fields(cursor, limits.max_fields, response.headers, fault,
                         [&framing](const Header& field) { return framing.add(field); });
  if (outcome != ParseOutcome::kComplete) return outcome;
  const HeadFault conflict = framing.finish(response.minor_version);
  if (conflict != HeadFault::kNone) return refuse(fault, conflict);
  response.body = body_of(framing, method, response.status);
  response.content_length = framing.length();
  response.keep_alive = framing.keeps_alive(response.minor_version) && response.body != BodyKind::kUntilClose;
  return outcome;
}

}  // namespace

ParseOutcome parse_response_head(std::string_view bytes, const HeadLimits& limits, HeadScan& scan, Method method,
                                 Response& response, std::size_t& consumed, HeadFault& fault) {
  return read_head(bytes, limits, scan, consumed, fault,
                   [&](Cursor& cursor) { return parse(cursor, limits, method, response, fault); });
}

}  // namespace fairlead::codec::http1
