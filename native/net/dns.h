// What is asked of a name server about a name, and what its answer says (RFC 1035).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::net {

/// A name that may be asked for: up to 253 bytes of letters, digits, '-' and '_' in labels of up to 63; no IPv4 address,
/// and lower case. No trailing dot.
bool is_dns_name(std::string_view host);

/// A question for the CNAME record of `host`, for which is_dns_name() holds.
std::string cname_question(std::uint16_t id, std::string_view host);

/// What an answer says.
struct CnameAnswer {
  enum class Kind : std::uint8_t {
    kForeign,  // it answers another question, or none
    kFailed,   // the name server does not know
    kNone,     // there is no such record, or it names nothing that a host can be
    kName
  };
  Kind kind = Kind::kForeign;
  /// As is_dns_name() wants it.
  std::string name;
  /// Seconds.
  std::uint32_t time_to_live = 0;
};

/// Reads an answer to cname_question(id, host). What a peer has sent: anything may stand there.
CnameAnswer read_cname_answer(std::span<const std::uint8_t> bytes, std::uint16_t id, std::string_view host);

}  // namespace fairlead::net
