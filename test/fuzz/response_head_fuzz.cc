// A response head means the same however it arrives, and what is passed on of it means the same to the client.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <string>

#include "codec/http1/head_parser.h"
#include "codec/http1/head_writer.h"

namespace fairlead {
namespace {

using namespace codec;
using namespace codec::http1;

constexpr HeadLimits kLimits{.max_head_bytes = 4096, .max_line_bytes = 1024, .max_fields = 40};

ParseOutcome parse(std::string_view bytes, std::size_t step, Method method, Response& response, std::size_t& consumed) {
  HeadScan scan;
  HeadFault fault = HeadFault::kNone;
  ParseOutcome outcome = ParseOutcome::kIncomplete;
  for (std::size_t size = 0; outcome == ParseOutcome::kIncomplete && size < bytes.size();) {
    size = std::min(bytes.size(), size + step);
    outcome = parse_response_head(bytes.substr(0, size), kLimits, scan, method, response, consumed, fault);
  }
  FAIRLEAD_CHECK((outcome == ParseOutcome::kBad) == (fault != HeadFault::kNone));
  return outcome;
}

void check_passed_on(const Response& response, Method method) {
  ResponseFraming framing;
  framing.kind = response.body == BodyKind::kUntilClose ? BodyKind::kChunked : response.body;
  framing.length = response.content_length;
  std::string written(response_head_bound(response), '\0');
  char* const end = write_response_head(written.data(), response, framing, "Thu, 01 Jan 1970 00:00:00 GMT");
  FAIRLEAD_CHECK(end <= written.data() + written.size());
  const fuzz::Exact bytes(std::string_view(written.data(), static_cast<std::size_t>(end - written.data())));
  Arena arena;
  Response again(arena);
  HeadScan scan;
  HeadFault fault = HeadFault::kNone;
  std::size_t consumed = 0;
  const HeadLimits limits{.max_head_bytes = 16384, .max_line_bytes = 8192, .max_fields = 60};
  const ParseOutcome outcome = parse_response_head(bytes.view(), limits, scan, method, again, consumed, fault);
  FAIRLEAD_CHECK(outcome == ParseOutcome::kComplete && consumed == bytes.size());
  FAIRLEAD_CHECK(again.status == response.status);
  if (framing.kind == BodyKind::kNone) return;
  FAIRLEAD_CHECK(again.body == framing.kind && again.content_length == framing.length);
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0) return 0;
  const Method method = data[0] % 2 == 0 ? Method::kGet : Method::kHead;
  const fuzz::Exact bytes(data + 1, size - 1);
  Arena arena, other_arena;
  Response response(arena), other(other_arena);
  std::size_t consumed = 0, other_consumed = 0;
  const ParseOutcome whole = parse(bytes.view(), bytes.size() + 1, method, response, consumed);
  const ParseOutcome stepped = parse(bytes.view(), 1 + data[0] / 8, method, other, other_consumed);
  FAIRLEAD_CHECK((whole == ParseOutcome::kComplete) == (stepped == ParseOutcome::kComplete));
  if (whole != ParseOutcome::kComplete) return 0;
  FAIRLEAD_CHECK(consumed == other_consumed && response.body == other.body);
  check_passed_on(response, method);
  return 0;
}
