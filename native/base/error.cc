#include "base/error.h"

namespace fairlead {
namespace {

struct Row {
  const char* name;
  std::uint16_t status;
};

constexpr Row kRows[] = {
    {"none", 0},
    {"client_closed", 499},
    {"malformed_request", 400},
    {"header_too_large", 431},
    {"uri_too_long", 414},
    {"head_timeout", 408},
    {"body_timeout", 408},
    {"unsupported_version", 505},
    {"unsupported_coding", 501},
    {"unsupported_method", 501},
    {"malformed_body", 400},
    {"denied_character", 400},
    {"denied_header", 400},
    {"misdirected", 421},
    {"expectation_failed", 417},
    {"write_timeout", 0},
    {"tls_handshake", 0},
    {"no_route", 404},
    {"middleware_replied", 0},
    {"middleware_failed", 500},
    {"rate_limited", 429},
    {"auth_denied", 0},
    {"auth_failed", 500},
    {"body_too_large", 413},
    {"no_server", 503},
    {"connect_failed", 502},
    {"connect_timeout", 504},
    {"upstream_tls", 500},
    {"upstream_tls_timeout", 504},
    {"upstream_reset", 502},
    {"upstream_malformed", 502},
    {"upstream_head_timeout", 504},
    {"upstream_truncated", 0},
    {"upstream_idle_timeout", 0},
    {"total_timeout", 504},
    {"try_timeout", 504},
    {"resolve_failed", 502},
    {"overload", 503},
    {"overload_cut", 0},
    {"out_of_descriptors", 503},
    {"draining", 503},
    {"queue_full", 503},
    {"queue_timeout", 503},
    {"internal", 500},
};
static_assert(sizeof(kRows) / sizeof(kRows[0]) == static_cast<std::size_t>(Reason::kCount));

}  // namespace

const char* reason_name(Reason reason) { return kRows[static_cast<std::size_t>(reason)].name; }

std::uint16_t reason_status(Reason reason) { return kRows[static_cast<std::size_t>(reason)].status; }

}  // namespace fairlead
