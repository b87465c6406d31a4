// A request head means the same however it arrives, and what is forwarded of it means the same to the next parser.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <string>

#include "codec/http1/head_parser.h"
#include "codec/http1/head_writer.h"
#include "codec/target.h"

namespace fairlead {
namespace {

using namespace codec;
using namespace codec::http1;

struct Parsed {
  ParseOutcome outcome = ParseOutcome::kIncomplete;
  std::size_t consumed = 0;
  HeadFault fault = HeadFault::kNone;
};

constexpr HeadLimits kLimits{.max_head_bytes = 4096, .max_line_bytes = 1024, .max_fields = 40};

Parsed parse_at_once(std::string_view bytes, Request& request) {
  Parsed result;
  HeadScan scan;
  result.outcome = parse_request_head(bytes, kLimits, scan, request, result.consumed, result.fault);
  return result;
}

Parsed parse_in_steps(std::string_view bytes, std::size_t step, Request& request) {
  Parsed result;
  HeadScan scan;
  for (std::size_t size = 0; result.outcome == ParseOutcome::kIncomplete && size < bytes.size();) {
    size = std::min(bytes.size(), size + step);
    result.outcome = parse_request_head(bytes.substr(0, size), kLimits, scan, request, result.consumed, result.fault);
  }
  return result;
}

void check_forwarded(const Request& request) {
  const RequestTarget target{.host = request.authority.empty() ? "upstream" : request.authority, .path_prefix = {}};
  std::string written(request_head_bound(request, target), '\0');
  char* const end = write_request_head(written.data(), request, target);
  FAIRLEAD_CHECK(end <= written.data() + written.size());
  const fuzz::Exact bytes(std::string_view(written.data(), static_cast<std::size_t>(end - written.data())));
  Arena arena;
  Request again(arena);
  HeadScan scan;
  HeadFault fault = HeadFault::kNone;
  std::size_t consumed = 0;
  const HeadLimits limits{.max_head_bytes = 16384, .max_line_bytes = 8192, .max_fields = 60};
  FAIRLEAD_CHECK(parse_request_head(bytes.view(), limits, scan, again, consumed, fault) == ParseOutcome::kComplete);
  FAIRLEAD_CHECK(consumed == bytes.size());
  FAIRLEAD_CHECK(again.method_text == request.method_text);
  FAIRLEAD_CHECK(again.body == request.body && again.content_length == request.content_length);
  FAIRLEAD_CHECK(again.wants_upgrade == request.wants_upgrade && again.upgrade == request.upgrade);
  FAIRLEAD_CHECK(normalise_target(again, {}, arena) == HeadFault::kNone);
  FAIRLEAD_CHECK(again.path == request.path && again.query == request.query);
  FAIRLEAD_CHECK(again.routing_path == request.routing_path);
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] % 32;
  const fuzz::Exact bytes(data + 1, size - 1);
  Arena arena;
  Request request(arena);
  const Parsed whole = parse_at_once(bytes.view(), request);
  Arena other_arena;
  Request other(other_arena);
  const Parsed stepped = parse_in_steps(bytes.view(), step, other);
  // A malformed head that never ends may be found out only by its deadline when it trickles in.
  FAIRLEAD_CHECK((whole.outcome == ParseOutcome::kComplete) == (stepped.outcome == ParseOutcome::kComplete));
  if (whole.outcome != ParseOutcome::kComplete) return 0;
  FAIRLEAD_CHECK(whole.consumed == stepped.consumed && request.headers.size() == other.headers.size());
  FAIRLEAD_CHECK(request.path == other.path && request.body == other.body);
  if (normalise_target(request, {}, arena) != HeadFault::kNone) return 0;
  check_forwarded(request);
  return 0;
}
