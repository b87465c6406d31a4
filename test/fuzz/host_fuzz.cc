// A host has one normal form: normalising it again changes nothing, and what a client may send as Host is the same name in
// an absolute target.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <string>

#include "codec/authority.h"
#include "codec/http1/head_parser.h"
#include "codec/target.h"

namespace fairlead {
namespace {

using namespace codec;
using namespace codec::http1;

bool is_canonical(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return ascii::is_digit(c) || (c >= 'a' && c <= 'z') || std::string_view("-._~:").find(c) != std::string_view::npos;
  });
}

void check_canonical(const Authority& authority, Arena& arena) {
  const std::string_view once = canonical_host(authority.host, arena);
  FAIRLEAD_CHECK(!once.empty() && !once.ends_with('.') && is_canonical(once));
  const bool is_literal = authority.host.starts_with('[');
  FAIRLEAD_CHECK(is_literal == (once.find(':') != std::string_view::npos));
  const fuzz::Exact written(is_literal ? "[" + std::string(once) + "]" : std::string(once));
  Authority again;
  FAIRLEAD_CHECK(parse_authority(written.view(), again) && again.port.empty());
  FAIRLEAD_CHECK(canonical_host(again.host, arena) == once);
}

/// The host that rules see of this head; empty when it is refused.
std::string_view host_of(const fuzz::Exact& head, Request& request, Arena& arena) {
  HeadScan scan;
  HeadFault fault = HeadFault::kNone;
  std::size_t consumed = 0;
  const HeadLimits limits{.max_head_bytes = 16384, .max_line_bytes = 8192, .max_fields = 10};
  const ParseOutcome outcome = parse_request_head(head.view(), limits, scan, request, consumed, fault);
  if (outcome != ParseOutcome::kComplete || normalise_target(request, {}, arena) != HeadFault::kNone) return {};
  return request.host;
}

/// `text` holds nothing that ends a target or a field.
void check_forms(std::string_view text, std::string_view expected) {
  Arena arena;
  Request origin(arena), absolute(arena);
  const std::string name(text);
  const fuzz::Exact field("GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n");
  const fuzz::Exact target("GET http://" + name + "/ HTTP/1.1\r\nHost: other\r\n\r\n");
  FAIRLEAD_CHECK(host_of(field, origin, arena) == expected);
  FAIRLEAD_CHECK(host_of(target, absolute, arena) == expected);
  FAIRLEAD_CHECK(expected.empty() || origin.authority == absolute.authority);
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size > 4096) return 0;
  const fuzz::Exact bytes(data, size);
  Arena arena;
  codec::Authority authority;
  const bool valid = codec::parse_authority(bytes.view(), authority);
  if (valid) check_canonical(authority, arena);
  const std::string_view ends = std::string_view(" \t\r\n/?#", 7);
  if (bytes.view().find_first_of(ends) != std::string_view::npos) return 0;
  check_forms(bytes.view(), valid ? codec::canonical_host(authority.host, arena) : std::string_view());
  return 0;
}
