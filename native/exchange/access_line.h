// The two shapes of an access log line. See access_log.h for what they are made from.
#pragma once

#include "base/bytes.h"
#include "exchange/access_log.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// Common log format with Traefik's five extra columns, or (genericCLF) without them.
void append_common_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line);
/// One JSON object with Traefik's field names.
void append_json_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line);
/// What becomes of a header in the log: 0 drop, 1 keep, 2 redact.
std::uint8_t header_mode(const wire::AccessLog& config, std::string_view name);

/// Decimal digits.
void append_number(ByteBuffer& line, std::uint64_t number);

}  // namespace fairlead::exchange
