// Routers by the thousand, as the control plane would lower them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/generated/records.gen.h"
#include "test/support/native/wire_writer.h"

namespace fairlead::test {

/// `Host(host) && PathPrefix(path)`: empty parts are left out, `*.` starts a wildcard.
struct Route {
  std::string host = {};
  std::string path = {};
  bool exact_path = false;
  /// The rule also says Method(method), so that its program has to run.
  std::string method = {};
  /// HostRegexp(host_pattern), found by the literal text at its end if there is one.
  std::string host_suffix = {};
  std::string host_pattern = {};
  /// PathRegexp(path_pattern).
  std::string path_pattern = {};
};

/// The part of a snapshot that a router reads.
struct RouteTable {
  wire::List<wire::Router> routers;
  wire::List<std::uint32_t> order;
  wire::List<wire::Text> patterns;
  wire::List<wire::Cidr> ranges;
  bool verify(const wire::Bounds& bounds) const {
    return routers.verify(bounds) && order.verify(bounds) && patterns.verify(bounds) && ranges.verify(bounds);
  }
};

/// Writes a RouteTable whose order is that of `routes`.
class RouteWriter {
 public:
  explicit RouteWriter(const std::vector<Route>& routes) {
    writer_.reserve<RouteTable>();
    const std::size_t routers = writer_.list<wire::Router>(offsetof(RouteTable, routers), routes.size());
    const std::size_t order = writer_.list<std::uint32_t>(offsetof(RouteTable, order), routes.size());
    put_patterns(routes);
    for (std::size_t i = 0; i < routes.size(); ++i) {
      put_router(routers + i * sizeof(wire::Router), routes[i]);
      writer_.put(order + i * sizeof(std::uint32_t), static_cast<std::uint32_t>(i));
    }
  }

  const std::vector<char>& bytes() const { return writer_.bytes(); }

 private:
  struct Step {
    wire::Op op;
    std::string_view value;
    std::uint32_t operand = 0;
  };

  void put_patterns(const std::vector<Route>& routes) {
    for (const Route& route : routes) {
      if (!route.host_pattern.empty()) patterns_.push_back(route.host_pattern);
      if (!route.path_pattern.empty()) patterns_.push_back(route.path_pattern);
    }
    std::size_t at = writer_.list<wire::Text>(offsetof(RouteTable, patterns), patterns_.size());
    for (const std::string& pattern : patterns_) {
      writer_.text(at, pattern);
      at += sizeof(wire::Text);
    }
  }

  static wire::HostKind host_kind(const Route& route) {
    if (!route.host_suffix.empty()) return wire::HostKind::kSuffix;
    if (!route.host_pattern.empty()) return wire::HostKind::kPattern;
    if (route.host.empty()) return wire::HostKind::kAny;
    return route.host.starts_with("*.") ? wire::HostKind::kWildcard : wire::HostKind::kExact;
  }
  static wire::PathKind path_kind(const Route& route) {
    if (!route.path_pattern.empty()) return wire::PathKind::kPattern;
    if (route.path.empty()) return wire::PathKind::kAny;
    return route.exact_path ? wire::PathKind::kExact : wire::PathKind::kPrefix;
  }
  static std::string_view host_text(const Route& route) {
    if (!route.host_suffix.empty()) return route.host_suffix;
    if (!route.host_pattern.empty()) return route.host_pattern;
    return std::string_view(route.host).substr(host_kind(route) == wire::HostKind::kWildcard ? 1 : 0);
  }

  void put_router(std::size_t at, const Route& route) {
    writer_.text(at + offsetof(wire::Router, name), route.host + route.path);
    put_program(at + offsetof(wire::Router, program), route);
    const std::size_t key = writer_.list<wire::RouteKey>(at + offsetof(wire::Router, keys), 1);
    writer_.put(key + offsetof(wire::RouteKey, host_kind), host_kind(route));
    writer_.put(key + offsetof(wire::RouteKey, path_kind), path_kind(route));
    writer_.put(key + offsetof(wire::RouteKey, sufficient), static_cast<std::uint8_t>(is_decided(route)));
    writer_.text(key + offsetof(wire::RouteKey, host), host_text(route));
    writer_.text(key + offsetof(wire::RouteKey, path), route.path_pattern.empty() ? route.path : route.path_pattern);
  }

  /// The key says all of the rule.
  static bool is_decided(const Route& route) {
    return route.method.empty() && route.host_pattern.empty() && route.path_pattern.empty();
  }

  void put_program(std::size_t slot, const Route& route) {
    std::vector<Step> steps;
    if (host_kind(route) == wire::HostKind::kExact) steps.push_back({wire::Op::kHost, route.host});
    if (host_kind(route) == wire::HostKind::kWildcard) steps.push_back({wire::Op::kHostWildcard, host_text(route)});
    if (path_kind(route) == wire::PathKind::kExact) steps.push_back({wire::Op::kPath, route.path});
    if (path_kind(route) == wire::PathKind::kPrefix) steps.push_back({wire::Op::kPathPrefix, route.path});
    if (!route.method.empty()) steps.push_back({wire::Op::kMethod, route.method});
    if (!route.host_pattern.empty()) steps.push_back({wire::Op::kHostRegexp, "", next_pattern_++});
    if (!route.path_pattern.empty()) steps.push_back({wire::Op::kPathRegexp, "", next_pattern_++});
    if (steps.empty()) steps.push_back({wire::Op::kAlways, ""});
    std::size_t at = writer_.list<wire::Instruction>(slot, steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i, at += sizeof(wire::Instruction)) {
      const bool last = i + 1 == steps.size();
      writer_.put(at + offsetof(wire::Instruction, on_true), last ? wire::kAccept : static_cast<std::uint16_t>(i + 1));
      writer_.put(at + offsetof(wire::Instruction, on_false), wire::kReject);
      writer_.put(at + offsetof(wire::Instruction, op), steps[i].op);
      writer_.put(at + offsetof(wire::Instruction, operand), steps[i].operand);
      writer_.text(at + offsetof(wire::Instruction, value), steps[i].value);
    }
  }

  WireWriter writer_;
  std::vector<std::string> patterns_;
  /// Patterns are used in the order in which they were written.
  std::uint32_t next_pattern_ = 0;
};

}  // namespace fairlead::test
