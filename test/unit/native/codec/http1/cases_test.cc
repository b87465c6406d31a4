// Every raw-byte case goes through parser, normal form and body decoder as a connection would drive them.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "codec/http1/chunk_decoder.h"
#include "codec/http1/head_parser.h"
#include "codec/target.h"
#include "test/unit/native/codec/http1/cases.h"

namespace fairlead::codec::http1 {
namespace {

/// What a client on a connection of its own would see.
struct Outcome {
  int status = 0;    // of the last answer; 0 when there was none
  int requests = 0;  // complete ones
};

/// A server whose answers are all 200, reading `bytes` and then the end of the stream.
class Connection {
 public:
  explicit Connection(std::string bytes) : bytes_(std::move(bytes)), rest_(bytes_) {}

  Outcome run() {
    while (!rest_.empty() && next()) continue;
    return outcome_;
  }

 private:
  bool next() {
    Arena arena;
    Request request(arena);
    HeadScan scan;
    std::size_t consumed = 0;
    HeadFault fault = HeadFault::kNone;
    switch (parse_request_head(rest_, {}, scan, request, consumed, fault)) {
      case ParseOutcome::kBad:
        return answer(reason_status(reason_of(fault)));
      case ParseOutcome::kIncomplete:
        return answer(0);
      case ParseOutcome::kComplete:
        break;
    }
    fault = normalise_target(request, {}, arena);
    if (fault != HeadFault::kNone) return answer(reason_status(reason_of(fault)));
    rest_.remove_prefix(consumed);
    if (const int refused = read_body(request, arena); refused >= 0) return answer(refused);
    ++outcome_.requests;
    outcome_.status = 200;
    return request.keep_alive;
  }

  /// -1 when the body is complete, else the status of the refusal, 0 when the bytes end too early.
  int read_body(const Request& request, Arena& arena) {
    if (request.body == BodyKind::kLength) {
      if (rest_.size() < request.content_length) return 0;
      rest_.remove_prefix(request.content_length);
    }
    if (request.body != BodyKind::kChunked) return -1;
    Headers trailers(arena);
    ChunkDecoder decoder;
    decoder.start(&trailers);
    const std::size_t offset = bytes_.size() - rest_.size();
    const ChunkDecoder::Step step = decoder.decode({bytes_.data() + offset, rest_.size()});
    if (step.fault) return reason_status(Reason::kMalformedBody);
    rest_.remove_prefix(step.consumed);
    if (!step.finished) return 0;
    const bool plain = std::ranges::all_of(trailers, [](const Header& field) { return field.id == HeaderId::kOther; });
    return plain ? -1 : 500;
  }

  bool answer(int status) {
    outcome_.status = status;
    return false;
  }

  std::string bytes_;
  std::string_view rest_;
  Outcome outcome_;
};

TEST_CASE("raw bytes from clients") {
  const std::vector<test::Case> cases = test::read_cases("test/integration/http1-cases.json");
  CHECK(cases.size() >= 120);
  std::set<std::string> ids;
  for (const test::Case& c : cases) {
    CAPTURE(c.row);
    CAPTURE(c.id);
    CHECK(ids.insert(c.id).second);
    const Outcome outcome = Connection(c.raw).run();
    CAPTURE(outcome.status);
    const bool expected =
        c.expect.empty() ? outcome.status == 0 : std::ranges::find(c.expect, outcome.status) != c.expect.end();
    CHECK(expected);
    CHECK(outcome.requests == c.upstream);
  }
}

}  // namespace
}  // namespace fairlead::codec::http1
