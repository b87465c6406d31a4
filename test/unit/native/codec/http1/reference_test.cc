// The parser against the grammar written a second time: on hundreds of thousands of changed heads both read the same, or
// both read nothing.
#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>

#include "codec/http1/head_parser.h"
#include "test/unit/native/codec/http1/cases.h"
#include "test/unit/native/codec/http1/reference_head.h"

namespace fairlead::codec::http1 {
namespace {

/// Refusals of what the grammar allows: the meaning is not one we take. All others are of syntax.
const std::set<HeadFault> kOfMeaning = {HeadFault::kConnectRefused,     HeadFault::kMethodMalformed,
                                        HeadFault::kTargetMalformed,    HeadFault::kTargetFragment,
                                        HeadFault::kTargetScheme,       HeadFault::kAsteriskMisused,
                                        HeadFault::kRequestLineTooLong, HeadFault::kHeadTooLarge,
                                        HeadFault::kTooManyFields,      HeadFault::kHostMissing,
                                        HeadFault::kHostRepeated,       HeadFault::kHostMalformed,
                                        HeadFault::kLengthMalformed,    HeadFault::kLengthRepeated,
                                        HeadFault::kLengthAndCoding,    HeadFault::kCodingMalformed,
                                        HeadFault::kCodingRepeated,     HeadFault::kCodingUnsupported,
                                        HeadFault::kCodingInHttp10,     HeadFault::kExpectationUnknown,
                                        HeadFault::kWebSocketMalformed, HeadFault::kTooManyConnectionOptions};

void check_same(const Request& request, std::size_t consumed, const test::ReferenceHead& expected) {
  CHECK(consumed == expected.size);
  CHECK(request.method_text == expected.method);
  CHECK(request.target == expected.target);
  CHECK((request.minor_version == 0) == (expected.minor == '0'));
  REQUIRE(request.headers.size() == expected.fields.size());
  for (std::size_t i = 0; i < expected.fields.size(); ++i) {
    const Header& field = request.headers.begin()[i];
    CHECK(field.name == expected.fields[i].first);
    // An absolute target's authority takes the place of Host.
    if (field.id != HeaderId::kHost) CHECK(field.value == expected.fields[i].second);
    CHECK(field.id == header_id(field.name));
  }
}

/// True when both read a head.
bool compare(const std::string& bytes) {
  CAPTURE(bytes);
  Arena arena;
  Request request(arena);
  HeadScan scan;
  HeadFault fault = HeadFault::kNone;
  std::size_t consumed = 0;
  const ParseOutcome outcome = parse_request_head(bytes, {}, scan, request, consumed, fault);
  const std::optional<test::ReferenceHead> expected = test::read_reference_head(bytes);
  if (outcome == ParseOutcome::kComplete) {
    REQUIRE(expected.has_value());
    check_same(request, consumed, *expected);
  } else if (expected.has_value()) {
    CAPTURE(head_fault_name(fault));
    CHECK(kOfMeaning.contains(fault));
  }
  return outcome == ParseOutcome::kComplete;
}

class Changes {
 public:
  std::string apply(std::string text) {
    for (unsigned edits = 1 + pick(3); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = pick(static_cast<unsigned>(text.size()));
      switch (pick(4)) {
        case 0:
          text.insert(at, 1, byte());
          break;
        case 1:
          text.erase(at, 1 + pick(3));
          break;
        case 2:
          text[at] = byte();
          break;
        default:
          text.insert(at, kPieces[pick(std::size(kPieces))]);
      }
    }
    return text;
  }

 private:
  static constexpr const char* kPieces[] = {"\r\n",       "\r\n ", "\n",       "\r",  " ",         "\t",       ":",
                                            "\r\nX:\r\n", "  ",    "\r\n\r\n", "%00", " HTTP/1.1", "X: y\r\n", "\xff"};
  unsigned pick(std::size_t below) { return static_cast<unsigned>(random_() % below); }
  /// Half of them are ones that parsers look at.
  char byte() {
    constexpr std::string_view kSpecial("\r\n\0 \t:;,\"()/?#%\x7f\x80", 18);
    return random_() % 2 == 0 ? kSpecial[pick(kSpecial.size())] : static_cast<char>(pick(256));
  }

  std::mt19937 random_{9112};
};

TEST_CASE("changed heads are read as the grammar reads them, or not at all") {
  const std::vector<test::Case> cases = test::read_cases("test/integration/http1-cases.json");
  REQUIRE(cases.size() >= 120);
  Changes changes;
  std::size_t read = 0;
  constexpr int kRounds = 400;
  for (const test::Case& c : cases) {
    if (c.raw.size() > 600) continue;
    read += compare(c.raw);
    for (int round = 0; round < kRounds; ++round) read += compare(changes.apply(c.raw));
  }
  // Otherwise nothing was compared.
  CHECK(read > 10'000);
}

TEST_CASE("every byte at every place of a head is read as the grammar reads it") {
  const std::string head = "POST /a?b HTTP/1.1\r\nHost: a\r\nX-Name:\t v w \r\nContent-Length: 5\r\n\r\n";
  for (std::size_t at = 0; at < head.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string replaced = head;
      replaced[at] = static_cast<char>(byte);
      compare(replaced);
      compare(std::string(head).insert(at, 1, static_cast<char>(byte)));
    }
  }
}

}  // namespace
}  // namespace fairlead::codec::http1
