// The one strict parser of HTTP/1 heads (RFC 9112): what it accepts has one meaning, everything else is refused.
//
// A head is parsed in place: views point into the buffer, which must stay as long as the message is used. Nothing is
// allocated but the field list, in the message's arena.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/head_fault.h"
#include "codec/http1/head_scan.h"
#include "codec/message.h"

namespace fairlead::codec::http1 {

enum class ParseOutcome : std::uint8_t {
  kIncomplete,  // call again with the same bytes and more
  kComplete,    // the message is filled, `consumed` says how many bytes its head took
  kBad,         // `fault` says why; nothing more can be read from this peer
};

/// Bounds on one head, in bytes and fields.
struct HeadLimits {
  /// First line, fields and the empty line; what they hold in memory is at most about ten times as much.
  std::uint32_t max_head_bytes = 64 * 1024;
  /// The first line alone; RFC 9112 section 3 asks for 8000 at least.
  std::uint32_t max_line_bytes = 32 * 1024;
  std::uint32_t max_fields = 100;
};

/// Parses a request head at the start of `bytes`. Path and query are left as received (codec::normalise_target comes
/// next), everything else of `request`, which must be new or reset, is final. One empty line in front is ignored.
/// `scan` is new for each head and kept between calls for the same head.
ParseOutcome parse_request_head(std::string_view bytes, const HeadLimits& limits, HeadScan& scan, Request& request,
                                std::size_t& consumed, HeadFault& fault);

/// Parses a response head at the start of `bytes`; it answers a request of `method`, on which the framing depends
/// (RFC 9112 section 6.3). Interim responses are complete heads with a status below 200 and no body.
ParseOutcome parse_response_head(std::string_view bytes, const HeadLimits& limits, HeadScan& scan, Method method,
                                 Response& response, std::size_t& consumed, HeadFault& fault);

}  // namespace fairlead::codec::http1
