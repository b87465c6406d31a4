// What the framing fields of one head say: Content-Length, Transfer-Encoding and Connection.
#pragma once

#include <cstdint>

#include "codec/head_fault.h"
#include "codec/message.h"

namespace fairlead::codec::http1 {

/// Reads a Content-Length (RFC 9110 section 8.6): digits and nothing else. False when `value` is none, or is longer
/// than any real length (19 digits, at most 2^63-1).
bool parse_length(std::string_view value, std::uint64_t& length);

/// Collects the framing fields of a head as they are parsed. Each may come once: what two lines mean is exactly where
/// two servers differ (RFC 9112 section 6.3).
class Framing {
 public:
  /// Takes a field of any kind; kNone when it is fine or does not concern framing.
  HeadFault add(const Header& field) {
    switch (field.id) {
      case HeaderId::kContentLength:
        return add_length(field.value);
      case HeaderId::kTransferEncoding:
        return add_coding(field.value);
      case HeaderId::kConnection:
        return add_options(field.value);
      default:
        return HeadFault::kNone;
    }
  }
  /// To be asked when the head is complete: faults that only show in combination.
  HeadFault finish(std::uint8_t minor_version) const;

  bool has_length() const { return has_length_; }
  bool is_chunked() const { return has_coding_; }
  std::uint64_t length() const { return length_; }
  /// RFC 9112 section 9.3: `close` wins over `keep-alive`, which only HTTP/1.0 needs.
  bool keeps_alive(std::uint8_t minor_version) const { return !close_ && (minor_version > 0 || keep_alive_); }
  bool has_upgrade_option() const { return upgrade_; }

 private:
  HeadFault add_length(std::string_view value);
  HeadFault add_coding(std::string_view value);
  HeadFault add_options(std::string_view value);

  std::uint64_t length_ = 0;
  bool has_length_ = false;
  bool has_coding_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_ = false;
  std::uint8_t options_ = 0;
};

/// Most names that Connection fields of one head may list. Every one is compared with every field when the head is
/// forwarded; real senders list three at most.
inline constexpr std::size_t kMaxConnectionOptions = 16;

}  // namespace fairlead::codec::http1
