// Host and port as they appear in Host, in an absolute target and in :authority.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace fairlead::codec {

/// The two halves of an authority; views into it.
struct Authority {
  /// Letters, digits, "-._~", or an IPv6 literal with its brackets. Never empty.
  std::string_view host;
  /// Digits, at most 65535; empty when there is none.
  std::string_view port;
};

/// Splits and checks `text`. Stricter than RFC 3986 section 3.2.2: a host with sub-delimiters, escapes or user
/// information would be read differently by somebody behind us. False when it is malformed or empty.
bool parse_authority(std::string_view text, Authority& authority);
/// The same, for text in a buffer that is readable from `readable` on, which lets short names be scanned faster.
bool parse_authority(std::string_view text, const char* readable, Authority& authority);

/// The form that rules compare: lower case, without trailing dots, IPv6 without brackets. Copies into `arena` only
/// when a letter changes. `host` is one that parse_authority() gave.
std::string_view canonical_host(std::string_view host, Arena& arena);

}  // namespace fairlead::codec
