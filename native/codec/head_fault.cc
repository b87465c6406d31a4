#include "codec/head_fault.h"

namespace fairlead::codec {
namespace {

struct Row {
  const char* name;
  Reason reason;
};

constexpr Row kRows[] = {
    {"none", Reason::kNone},
    {"empty_lines", Reason::kMalformedRequest},
    {"method_malformed", Reason::kMalformedRequest},
    {"connect_refused", Reason::kUnsupportedMethod},
    {"target_malformed", Reason::kMalformedRequest},
    {"target_fragment", Reason::kMalformedRequest},
    {"target_scheme", Reason::kMalformedRequest},
    {"asterisk_misused", Reason::kMalformedRequest},
    {"version_malformed", Reason::kMalformedRequest},
    {"version_unsupported", Reason::kUnsupportedVersion},
    {"request_line_too_long", Reason::kUriTooLong},
    {"status_line_malformed", Reason::kMalformedRequest},
    {"bare_line_feed", Reason::kMalformedRequest},
    {"bare_carriage_return", Reason::kMalformedRequest},
    {"field_name_empty", Reason::kMalformedRequest},
    {"field_name_malformed", Reason::kMalformedRequest},
    {"space_before_colon", Reason::kMalformedRequest},
    {"folded_line", Reason::kMalformedRequest},
    {"field_value_control", Reason::kMalformedRequest},
    {"head_too_large", Reason::kHeaderTooLarge},
    {"too_many_fields", Reason::kHeaderTooLarge},
    {"too_many_connection_options", Reason::kMalformedRequest},
    {"host_missing", Reason::kMalformedRequest},
    {"host_repeated", Reason::kMalformedRequest},
    {"host_malformed", Reason::kMalformedRequest},
    {"length_malformed", Reason::kMalformedRequest},
    {"length_repeated", Reason::kMalformedRequest},
    {"length_and_coding", Reason::kMalformedRequest},
    {"coding_malformed", Reason::kMalformedRequest},
    {"coding_repeated", Reason::kMalformedRequest},
    {"coding_unsupported", Reason::kUnsupportedCoding},
    {"coding_in_http10", Reason::kMalformedRequest},
    {"expectation_unknown", Reason::kExpectationFailed},
    {"websocket_malformed", Reason::kMalformedRequest},
    {"path_escape_malformed", Reason::kMalformedRequest},
};
static_assert(sizeof(kRows) / sizeof(kRows[0]) == static_cast<std::size_t>(HeadFault::kCount));

}  // namespace

const char* head_fault_name(HeadFault fault) { return kRows[static_cast<std::size_t>(fault)].name; }

Reason reason_of(HeadFault fault) { return kRows[static_cast<std::size_t>(fault)].reason; }

}  // namespace fairlead::codec
