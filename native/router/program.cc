#include "router/program.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/ascii.h"
#include "net/address.h"
#include "router/host_name.h"

namespace fairlead::router {
namespace {

using wire::Instruction;
using wire::Op;

bool pattern_matches(const Instruction& step, const Tables& tables, std::string_view text) {
  const Regex* regex = tables.patterns[step.operand].get();
  return regex != nullptr && regex->matches(text);
}

template <class Accepts>
bool any_header(const Instruction& step, const MatchInput& input, Accepts accepts) {
  const codec::Headers& headers = input.request().headers;
  return std::any_of(headers.begin(), headers.end(), [&](const codec::Header& header) {
    return ascii::equals_ignoring_case(header.name, step.key.view()) && accepts(header.value);
  });
}

template <class Accepts>
bool any_parameter(const Instruction& step, MatchInput& input, Accepts accepts) {
  const std::span<const QueryParameter> parameters = input.parameters();
  return std::any_of(parameters.begin(), parameters.end(), [&](const QueryParameter& parameter) {
    return parameter.key == step.key.view() && accepts(parameter.value);
  });
}

// Rules of syntax v2 look at the first value of a parameter only.
template <class Accepts>
bool first_parameter(const Instruction& step, MatchInput& input, Accepts accepts) {
  for (const QueryParameter& parameter : input.parameters()) {
    if (parameter.key == step.key.view()) return accepts(parameter.value);
  }
  return false;
}

bool client_in_range(const Instruction& step, const Tables& tables, const MatchInput& input) {
  const wire::Cidr& range = tables.ranges[step.operand];
  return net::in_range(input.peer().client.ip, range.high, range.low, range.bits);
}

/// The host itself, or the one that its CNAME records lead to.
template <class Accepts>
bool any_host(const MatchInput& input, Accepts accepts) {
  const codec::Request& request = input.request();
  return accepts(request.host) || (!request.flattened_host.empty() && accepts(request.flattened_host));
}

bool holds(const Instruction& step, const Tables& tables, MatchInput& input) {
  const codec::Request& request = input.request();
  const auto equals = [&](std::string_view text) { return text == step.value.view(); };
  const auto matches = [&](std::string_view text) { return pattern_matches(step, tables, text); };
  switch (static_cast<Op>(step.op)) {
    case Op::kAlways:
      return true;
    case Op::kHost:
      return any_host(input, equals);
    case Op::kHostWildcard:
      return any_host(input, [&](std::string_view host) { return equals(parent_domain(host)); });
    case Op::kHostRegexp:
      return any_host(input, matches);
    case Op::kPath:
      return equals(request.routing_path);
    case Op::kPathPrefix:
      return request.routing_path.starts_with(step.value.view());
    case Op::kPathRegexp:
      return matches(request.routing_path);
    case Op::kMethod:
      return equals(request.method_text);
    case Op::kHeader:
      return any_header(step, input, equals);
    case Op::kHeaderRegexp:
      return any_header(step, input, matches);
    case Op::kQuery:
      return any_parameter(step, input, equals);
    case Op::kQueryRegexp:
      return any_parameter(step, input, matches);
    case Op::kQueryPresent:
      return any_parameter(step, input, [](std::string_view value) { return value.empty(); });
    case Op::kClientIp:
      return client_in_range(step, tables, input);
    case Op::kQueryFirst:
      return first_parameter(step, input, equals);
    case Op::kQueryFirstRegexp:
      return first_parameter(step, input, matches);
  }
  return false;
}

bool takes_pattern(Op op) {
  return op == Op::kHostRegexp || op == Op::kPathRegexp || op == Op::kHeaderRegexp || op == Op::kQueryRegexp ||
         op == Op::kQueryFirstRegexp;
}

bool valid_target(std::uint16_t target, std::size_t from, std::size_t count) {
  return target == wire::kAccept || target == wire::kReject || (target > from && target < count);
}

std::string_view instruction_fault(Program program, std::size_t at, const Tables& tables) {
  const Instruction& step = program[at];
  const auto op = static_cast<Op>(step.op);
  if (step.op > static_cast<std::uint16_t>(Op::kQueryFirstRegexp)) return "unknown operation";
  if (!valid_target(step.on_true, at, program.size())) return "jump that does not lead forward";
  if (!valid_target(step.on_false, at, program.size())) return "jump that does not lead forward";
  if (takes_pattern(op) && step.operand >= tables.patterns.size()) return "pattern out of range";
  if (op == Op::kClientIp && step.operand >= tables.ranges.size()) return "address range out of range";
  // Of an empty text every host without a parent would be one.
  if (op == Op::kHostWildcard && !step.value.view().starts_with('.')) return "wildcard without a domain";
  return {};
}

}  // namespace

std::string_view program_fault(Program program, const Tables& tables) {
  if (program.empty()) return "program without instructions";
  if (program.size() >= wire::kReject) return "program too long";
  for (std::size_t at = 0; at < program.size(); ++at) {
    const std::string_view fault = instruction_fault(program, at, tables);
    if (!fault.empty()) return fault;
  }
  return {};
}

std::optional<std::uint32_t> refused_pattern(Program program, const Tables& tables) {
  for (const Instruction& step : program) {
    if (takes_pattern(static_cast<Op>(step.op)) && tables.patterns[step.operand] == nullptr) return step.operand;
  }
  return std::nullopt;
}

bool run(Program program, const Tables& tables, MatchInput& input) {
  for (std::size_t at = 0;;) {
    const Instruction& step = program[at];
    at = holds(step, tables, input) ? step.on_true : step.on_false;
    if (at == wire::kAccept) return true;
    if (at == wire::kReject) return false;
  }
}

bool trace(Program program, const Tables& tables, MatchInput& input, std::vector<Step>& steps) {
  for (std::uint16_t at = 0;;) {
    const Instruction& step = program[at];
    const bool held = holds(step, tables, input);
    steps.push_back({at, held});
    at = held ? step.on_true : step.on_false;
    if (at == wire::kAccept) return true;
    if (at == wire::kReject) return false;
  }
}

}  // namespace fairlead::router
