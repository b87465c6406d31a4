#include "codec/http1/framing.h"

#include <cstring>

#include "codec/scan.h"

namespace fairlead::codec::http1 {
namespace {

constexpr std::size_t kMaxLengthDigits = 19;
constexpr std::uint64_t kMaxLength = 0x7FFFFFFFFFFFFFFF;

/// Any value but a lone "chunked". Known to be wrong: 400; a coding we do not know: 501 (RFC 9112 section 6.1).
HeadFault fault_of_codings(std::string_view value) {
  if (value.empty()) return HeadFault::kCodingMalformed;
  bool has_chunked = false;
  std::string_view coding;
  while (ascii::next_element(value, coding)) {
    if (has_chunked || !is_token(coding)) return HeadFault::kCodingMalformed;
    has_chunked = ascii::equals_ignoring_case(coding, "chunked");
  }
  return HeadFault::kCodingUnsupported;
}

}  // namespace

bool parse_length(std::string_view value, std::uint64_t& length) {
  if (value.empty() || value.size() > kMaxLengthDigits) return false;
  std::uint64_t sum = 0;
  for (char c : value) {
    if (!ascii::is_digit(c)) return false;
    sum = sum * 10 + static_cast<std::uint64_t>(c - '0');
  }
  length = sum;
  return sum <= kMaxLength;
}

HeadFault Framing::finish(std::uint8_t minor_version) const {
  if (!has_coding_) return HeadFault::kNone;
  if (has_length_) return HeadFault::kLengthAndCoding;
  return minor_version == 0 ? HeadFault::kCodingInHttp10 : HeadFault::kNone;
}

HeadFault Framing::add_length(std::string_view value) {
  if (has_length_) return HeadFault::kLengthRepeated;
  has_length_ = true;
  return parse_length(value, length_) ? HeadFault::kNone : HeadFault::kLengthMalformed;
}

HeadFault Framing::add_coding(std::string_view value) {
  if (has_coding_) return HeadFault::kCodingRepeated;
  has_coding_ = true;
  return ascii::equals_ignoring_case(value, "chunked") ? HeadFault::kNone : fault_of_codings(value);
}

HeadFault Framing::add_options(std::string_view value) {
  // What nearly everybody sends; of constant size, so that it is compared without a call.
  constexpr std::string_view kUsual = "keep-alive";
  if (value.size() == kUsual.size() && std::memcmp(value.data(), kUsual.data(), kUsual.size()) == 0) {
    keep_alive_ = true;
    return HeadFault::kNone;
  }
  std::string_view option;
  while (ascii::next_element(value, option)) {
    if (++options_ > kMaxConnectionOptions) return HeadFault::kTooManyConnectionOptions;
    if (ascii::equals_ignoring_case(option, "close")) close_ = true;
    if (ascii::equals_ignoring_case(option, "keep-alive")) keep_alive_ = true;
    if (ascii::equals_ignoring_case(option, "upgrade")) upgrade_ = true;
  }
  return HeadFault::kNone;
}

}  // namespace fairlead::codec::http1
