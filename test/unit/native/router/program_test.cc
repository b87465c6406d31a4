#include "router/program.h"

#include "test/support/native/wire_writer.h"
#include "test/unit/native/router/routing_fixture.h"

namespace fairlead::router {
namespace {

struct Step {
  wire::Op op = wire::Op::kAlways;
  std::uint16_t on_true = wire::kAccept;
  std::uint16_t on_false = wire::kReject;
  std::uint32_t operand = 0;
  std::string_view value = {};
};

struct ProgramRecord {
  wire::List<wire::Instruction> steps;
  bool verify(const wire::Bounds& bounds) const { return steps.verify(bounds); }
};

test::Encoded<ProgramRecord> program_of(const std::vector<Step>& steps) {
  test::WireWriter writer;
  writer.reserve<ProgramRecord>();
  std::size_t at = writer.list<wire::Instruction>(0, steps.size());
  for (const Step& step : steps) {
    writer.put(at + offsetof(wire::Instruction, op), step.op);
    writer.put(at + offsetof(wire::Instruction, on_true), step.on_true);
    writer.put(at + offsetof(wire::Instruction, on_false), step.on_false);
    writer.put(at + offsetof(wire::Instruction, operand), step.operand);
    writer.text(at + offsetof(wire::Instruction, value), step.value);
    at += sizeof(wire::Instruction);
  }
  return test::Encoded<ProgramRecord>(writer.bytes());
}

std::string fault_of(const std::vector<Step>& steps) {
  const auto record = program_of(steps);
  return std::string(program_fault({record->steps.begin(), record->steps.size()}, {}));
}

TEST_CASE("a program may only jump forward and inside") {
  const Step end{};
  CHECK(fault_of({end}).empty());
  CHECK(fault_of({{.on_true = 1}, end}).empty());
  CHECK(fault_of({{.on_false = 1}, end}).empty());
  CHECK(fault_of({{.on_true = 0}, end}) == "jump that does not lead forward");
  CHECK(fault_of({{.on_false = 0}, end}) == "jump that does not lead forward");
  CHECK(fault_of({{.on_true = 1}, {.on_false = 1}}) == "jump that does not lead forward");
  CHECK(fault_of({{.on_true = 2}, end}) == "jump that does not lead forward");
  CHECK(fault_of({end, {.on_true = 0}}) == "jump that does not lead forward");
}

TEST_CASE("operations are known and operands lie in their table") {
  CHECK(fault_of({}) == "program without instructions");
  CHECK(fault_of({{.op = static_cast<wire::Op>(16)}}) == "unknown operation");
  CHECK(fault_of({{.op = wire::Op::kHostRegexp}}) == "pattern out of range");
  CHECK(fault_of({{.op = wire::Op::kPathRegexp, .operand = 0xffffffff}}) == "pattern out of range");
  CHECK(fault_of({{.op = wire::Op::kHeaderRegexp}}) == "pattern out of range");
  CHECK(fault_of({{.op = wire::Op::kQueryRegexp}}) == "pattern out of range");
  CHECK(fault_of({{.op = wire::Op::kClientIp}}) == "address range out of range");
  CHECK(fault_of({{.op = wire::Op::kHostWildcard}}) == "wildcard without a domain");
  CHECK(fault_of({{.op = wire::Op::kHostWildcard, .value = ".a"}}).empty());
  CHECK(fault_of({{.op = wire::Op::kHost, .operand = 99}}).empty());
}

TEST_CASE("the longest program that jumps can address is run to its end") {
  std::vector<Step> steps(wire::kReject - 1);
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) steps[i].on_true = static_cast<std::uint16_t>(i + 1);
  const auto record = program_of(steps);
  const Program program{record->steps.begin(), record->steps.size()};
  CHECK(program_fault(program, {}).empty());
  const Received received({});
  MatchInput input = received.input();
  CHECK(run(program, {}, input));

  steps.resize(wire::kReject);
  CHECK(fault_of(steps) == "program too long");
}

TEST_CASE("all query parameters are there, decoded and in order") {
  struct Case {
    const char* query;
    std::vector<std::pair<std::string, std::string>> expected;
  };
  const std::vector<Case> cases = {
      {"", {}},
      {"a", {{"a", ""}}},
      {"a=1&b=2", {{"a", "1"}, {"b", "2"}}},
      {"a=1&a=2", {{"a", "1"}, {"a", "2"}}},
      {"&&a=1&", {{"a", "1"}}},
      {"a+b=c%20d%2B", {{"a b", "c d+"}}},
      {"a=%&b=%4&c=%4g&d=%g4&e=1", {{"e", "1"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.query);
    const Received received({.query = c.query});
    MatchInput input = received.input();
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [key, value] : input.parameters()) found.emplace_back(key, value);
    CHECK(found == c.expected);
  }
}

}  // namespace
}  // namespace fairlead::router
