// Whole snapshots made in memory: small ones for the tests of what runs them, and broken ones that no compiler would
// write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "snapshot/generated/records.gen.h"
#include "test/support/native/wire_writer.h"

namespace fairlead::test {

struct EntryPointSpec {
  std::string name = "web";
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::vector<std::uint32_t> routers = {0};
  std::vector<std::uint32_t> tls_routers = {};
  std::uint32_t default_tls_options = 0;
  Nanos read_timeout = 0;
  Nanos idle_timeout = 180 * kSecond;
  Nanos head_timeout = 10 * kSecond;
  std::uint32_t keep_alive_max_requests = 0;
  std::uint32_t max_connections = 0;
};

struct RouterSpec {
  std::string path = "/";
  std::uint32_t service = 0;
  std::vector<std::uint32_t> chain = {};
  std::string name = "router@test";
  bool access_log = false;
  std::uint32_t layer = wire::kNone;
  /// Empty: any.
  std::string host = {};
};

struct ServerSpec {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint64_t identity = 1;
  std::uint32_t weight = 1;
};

struct ChildSpec {
  std::uint32_t service;
  std::uint32_t weight = 1;
};

struct HealthSpec {
  std::uint64_t identity = 1;
  std::uint8_t mode = 0;
  bool follow_redirects = true;
  std::uint32_t status = 0;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::vector<std::string> probes = {};  // the path for each server
  Nanos interval = 50 * kMillisecond;
  Nanos unhealthy_interval = 50 * kMillisecond;
  Nanos timeout = 5 * kSecond;
  std::uint32_t fails = 1;
  std::uint32_t passes = 1;
  std::uint32_t max_failed = 0;
  Nanos window = 10 * kSecond;
  std::uint32_t max_percent = 100;
  Nanos longest = 0;
};

struct StickySpec {
  std::string name = "lb";
  std::string attributes = "; Path=/";
  std::vector<std::string> current = {};
  /// Values of candidate 0, 1 and so on.
  std::vector<std::string> former = {};
};

/// Of a mirroring service.
struct MirroringSpec {
  bool mirror_body = true;
  std::int64_t max_body_size = -1;
};

/// Of a failover service: the statuses it takes, one range.
struct FailoverSpec {
  std::uint32_t from = 500;
  std::uint32_t to = 599;
  std::int64_t max_request_body_bytes = -1;
};

struct ServiceSpec {
  wire::ServiceKind kind = wire::ServiceKind::kLoadBalancer;
  std::vector<ServerSpec> servers = {};
  std::vector<ChildSpec> children = {};
  std::uint64_t identity = 1;
  std::string name = "service@test";
  std::uint32_t transport = 0;
  std::uint8_t strategy = 0;
  Nanos slow_start = 0;
  std::vector<StickySpec> sticky = {};
  std::vector<std::uint32_t> chain = {};
  std::uint32_t health = wire::kNone;
  std::uint32_t limit = wire::kNone;
  std::vector<MirroringSpec> mirroring = {};
  std::vector<FailoverSpec> failover = {};
};

struct LimitSpec {
  std::uint32_t concurrency = 1;
  wire::LimitKey key = wire::LimitKey::kHeader;
  std::string key_name = "x-tenant";
  bool fifo = false;
  bool costs_bytes = false;
  std::uint64_t quantum = 1;
  std::uint32_t max_length = 100;
  std::uint32_t max_keys = 16;
  Nanos max_wait = 0;
  std::vector<std::pair<std::string, std::uint32_t>> weights = {};
  std::uint64_t identity = 71;
  std::uint64_t version = 1;
};

/// A reference to a middleware. Those of kind 0 (addPrefix) get a configuration of their own.
struct MiddlewareSpec {
  std::uint16_t kind = 0;
  std::uint32_t index = 0;
  std::string prefix = {};
};

struct SnapshotSpec {
  std::uint64_t fingerprint = wire::kFingerprint;
  std::uint64_t generation = 1;
  std::vector<EntryPointSpec> entry_points = {{}};
  std::vector<RouterSpec> routers = {{}};
  /// Routers of each layer.
  std::vector<std::vector<std::uint32_t>> layers = {};
  std::vector<ServiceSpec> services = {{}};
  std::vector<HealthSpec> health = {};
  std::vector<LimitSpec> limits = {};
  std::uint32_t transports = 1;
  Nanos dial_timeout = 5 * kSecond;
  Nanos response_header_timeout = 0;
  std::int64_t max_idle = 8;
  std::vector<MiddlewareSpec> middlewares = {};
  std::string access_log = {};  // a path; empty = none
  std::uint32_t max_connections_per_client = 0;
  std::uint64_t max_buffer_memory = 0;
  std::uint64_t max_memory = 0;
  bool flattens_hosts = false;
};

/// Encodes a snapshot as the TypeScript encoder would.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(const SnapshotSpec& spec) {
    writer_.reserve<wire::Snapshot>();
    writer_.put(offsetof(wire::Snapshot, fingerprint), spec.fingerprint);
    writer_.put(offsetof(wire::Snapshot, generation), spec.generation);
    writer_.put(offsetof(wire::Snapshot, ready), true);
    writer_.put(offsetof(wire::Snapshot, flattens_hosts), spec.flattens_hosts);
    writer_.put(offsetof(wire::Snapshot, ping_terminating_status), std::uint32_t{503});
    writer_.text(offsetof(wire::Snapshot, host_name), "proxy");
    put_all<wire::EntryPoint>(offsetof(wire::Snapshot, entry_points), spec.entry_points);
    put_all<wire::Router>(offsetof(wire::Snapshot, routers), spec.routers);
    put_all<wire::Layer>(offsetof(wire::Snapshot, layers), spec.layers);
    put_all<wire::Service>(offsetof(wire::Snapshot, services), spec.services);
    put_health(spec);
    put_all<wire::ConcurrencyLimit>(offsetof(wire::Snapshot, concurrency_limits), spec.limits);
    put_transports(spec);
    put_middlewares(spec);
    constexpr std::size_t kLimits = offsetof(wire::Snapshot, limits);
    writer_.put(kLimits + offsetof(wire::Limits, max_connections_per_client), spec.max_connections_per_client);
    writer_.put(kLimits + offsetof(wire::Limits, max_buffer_memory), spec.max_buffer_memory);
    writer_.put(kLimits + offsetof(wire::Limits, max_memory), spec.max_memory);
    if (!spec.access_log.empty()) {
      constexpr std::size_t kLog = offsetof(wire::Snapshot, access_log);
      writer_.put(kLog + offsetof(wire::AccessLog, enabled), true);
      writer_.put(kLog + offsetof(wire::AccessLog, fields_default), std::uint8_t{1});
      writer_.text(kLog + offsetof(wire::AccessLog, path), spec.access_log);
    }
  }

  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(writer_.bytes())); }

 private:
  template <class Record, class Spec>
  void put_all(std::size_t slot, const std::vector<Spec>& specs) {
    std::size_t at = writer_.list<Record>(slot, specs.size());
    for (const Spec& spec : specs) {
      put_one(at, spec);
      at += sizeof(Record);
    }
  }
  void put_indexes(std::size_t slot, const std::vector<std::uint32_t>& indexes) {
    std::size_t at = writer_.list<std::uint32_t>(slot, indexes.size());
    for (const std::uint32_t index : indexes) {
      writer_.put(at, index);
      at += sizeof(index);
    }
  }

  void put_one(std::size_t at, const EntryPointSpec& spec) {
    writer_.text(at + offsetof(wire::EntryPoint, name), spec.name);
    writer_.text(at + offsetof(wire::EntryPoint, host), spec.host);
    writer_.put(at + offsetof(wire::EntryPoint, port), std::uint32_t{spec.port});
    writer_.put(at + offsetof(wire::EntryPoint, read_timeout), spec.read_timeout);
    writer_.put(at + offsetof(wire::EntryPoint, idle_timeout), spec.idle_timeout);
    writer_.put(at + offsetof(wire::EntryPoint, head_timeout), spec.head_timeout);
    writer_.put(at + offsetof(wire::EntryPoint, keep_alive_max_requests), spec.keep_alive_max_requests);
    writer_.put(at + offsetof(wire::EntryPoint, max_connections), spec.max_connections);
    writer_.put(at + offsetof(wire::EntryPoint, max_header_bytes), std::uint32_t{64 * 1024});
    writer_.put(at + offsetof(wire::EntryPoint, max_header_fields), std::uint32_t{100});
    writer_.put(at + offsetof(wire::EntryPoint, default_tls_options), spec.default_tls_options);
    put_indexes(at + offsetof(wire::EntryPoint, plain_routers), spec.routers);
    put_indexes(at + offsetof(wire::EntryPoint, tls_routers), spec.tls_routers);
  }

  /// PathPrefix(path), as it is lowered.
  void put_one(std::size_t at, const RouterSpec& spec) {
    writer_.text(at + offsetof(wire::Router, name), spec.name);
    writer_.put(at + offsetof(wire::Router, service), spec.service);
    writer_.put(at + offsetof(wire::Router, layer), spec.layer);
    writer_.put(at + offsetof(wire::Router, tls_options), wire::kNone);
    writer_.put(at + offsetof(wire::Router, access_log), spec.access_log);
    writer_.put(at + offsetof(wire::Router, timeouts), wire::kNone);
    put_indexes(at + offsetof(wire::Router, chain), spec.chain);
    const std::size_t step = writer_.list<wire::Instruction>(at + offsetof(wire::Router, program), 1);
    writer_.put(step + offsetof(wire::Instruction, on_true), wire::kAccept);
    writer_.put(step + offsetof(wire::Instruction, on_false), wire::kReject);
    writer_.put(step + offsetof(wire::Instruction, op), wire::Op::kPathPrefix);
    writer_.text(step + offsetof(wire::Instruction, value), spec.path);
    const std::size_t key = writer_.list<wire::RouteKey>(at + offsetof(wire::Router, keys), 1);
    if (!spec.host.empty()) {
      writer_.put(key + offsetof(wire::RouteKey, host_kind), wire::HostKind::kExact);
      writer_.text(key + offsetof(wire::RouteKey, host), spec.host);
    }
    writer_.put(key + offsetof(wire::RouteKey, path_kind), wire::PathKind::kPrefix);
    writer_.put(key + offsetof(wire::RouteKey, sufficient), true);
    writer_.text(key + offsetof(wire::RouteKey, path), spec.path);
  }

  void put_one(std::size_t at, const std::vector<std::uint32_t>& layer) {
    put_indexes(at + offsetof(wire::Layer, routers), layer);
  }

  void put_one(std::size_t at, const ServiceSpec& spec) {
    writer_.put(at + offsetof(wire::Service, identity), spec.identity);
    writer_.text(at + offsetof(wire::Service, name), spec.name);
    writer_.put(at + offsetof(wire::Service, kind), spec.kind);
    writer_.put(at + offsetof(wire::Service, strategy), spec.strategy);
    writer_.put(at + offsetof(wire::Service, slow_start), spec.slow_start);
    writer_.put(at + offsetof(wire::Service, pass_host_header), true);
    writer_.put(at + offsetof(wire::Service, transport), spec.transport);
    writer_.put(at + offsetof(wire::Service, health), spec.health);
    writer_.put(at + offsetof(wire::Service, limit), spec.limit);
    writer_.put(at + offsetof(wire::Service, timeouts), wire::kNone);
    put_indexes(at + offsetof(wire::Service, chain), spec.chain);
    put_all<wire::Server>(at + offsetof(wire::Service, servers), spec.servers);
    put_all<wire::Child>(at + offsetof(wire::Service, children), spec.children);
    put_all<wire::Sticky>(at + offsetof(wire::Service, sticky), spec.sticky);
    put_all<wire::Mirroring>(at + offsetof(wire::Service, mirroring), spec.mirroring);
    put_all<wire::Failover>(at + offsetof(wire::Service, failover), spec.failover);
  }

  void put_one(std::size_t at, const StickySpec& spec) {
    writer_.text(at + offsetof(wire::Sticky, name), spec.name);
    writer_.text(at + offsetof(wire::Sticky, attributes), spec.attributes);
    std::size_t slot = writer_.list<wire::Text>(at + offsetof(wire::Sticky, current), spec.current.size());
    for (const std::string& value : spec.current) {
      writer_.text(slot, value);
      slot += sizeof(wire::Text);
    }
    slot = writer_.list<wire::StickyValue>(at + offsetof(wire::Sticky, former), spec.former.size());
    for (std::uint32_t i = 0; i < spec.former.size(); ++i, slot += sizeof(wire::StickyValue)) {
      writer_.text(slot + offsetof(wire::StickyValue, value), spec.former[i]);
      writer_.put(slot + offsetof(wire::StickyValue, candidate), i);
    }
  }

  void put_one(std::size_t at, const MirroringSpec& spec) {
    writer_.put(at + offsetof(wire::Mirroring, mirror_body), spec.mirror_body);
    writer_.put(at + offsetof(wire::Mirroring, max_body_size), spec.max_body_size);
  }

  void put_one(std::size_t at, const FailoverSpec& spec) {
    writer_.put(at + offsetof(wire::Failover, max_request_body_bytes), spec.max_request_body_bytes);
    const std::size_t range = writer_.list<wire::StatusRange>(at + offsetof(wire::Failover, statuses), 1);
    writer_.put(range + offsetof(wire::StatusRange, from), spec.from);
    writer_.put(range + offsetof(wire::StatusRange, to), spec.to);
  }

  void put_one(std::size_t at, const ServerSpec& spec) {
    const std::string authority = spec.host + ":" + std::to_string(spec.port);
    writer_.put(at + offsetof(wire::Server, identity), spec.identity);
    writer_.text(at + offsetof(wire::Server, url), "http://" + authority);
    writer_.text(at + offsetof(wire::Server, host), spec.host);
    writer_.text(at + offsetof(wire::Server, authority), authority);
    writer_.put(at + offsetof(wire::Server, port), std::uint32_t{spec.port});
    writer_.put(at + offsetof(wire::Server, weight), spec.weight);
  }

  void put_one(std::size_t at, const LimitSpec& spec) {
    writer_.put(at + offsetof(wire::ConcurrencyLimit, identity), spec.identity);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, version), spec.version);
    writer_.text(at + offsetof(wire::ConcurrencyLimit, service), "service@test");
    writer_.put(at + offsetof(wire::ConcurrencyLimit, concurrency), spec.concurrency);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, key), spec.key);
    writer_.text(at + offsetof(wire::ConcurrencyLimit, key_name), spec.key_name);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, fifo), spec.fifo);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, costs_bytes), spec.costs_bytes);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, quantum), spec.quantum);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, max_wait), spec.max_wait);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, max_length), spec.max_length);
    writer_.put(at + offsetof(wire::ConcurrencyLimit, max_keys), spec.max_keys);
    std::size_t weight =
        writer_.list<wire::KeyWeight>(at + offsetof(wire::ConcurrencyLimit, weights), spec.weights.size());
    for (const auto& [key, share] : spec.weights) {
      writer_.text(weight + offsetof(wire::KeyWeight, key), key);
      writer_.put(weight + offsetof(wire::KeyWeight, weight), share);
      weight += sizeof(wire::KeyWeight);
    }
  }

  void put_one(std::size_t at, const ChildSpec& spec) {
    writer_.put(at + offsetof(wire::Child, service), spec.service);
    writer_.put(at + offsetof(wire::Child, weight), spec.weight);
  }

  void put_health(const SnapshotSpec& spec) {
    std::size_t at = writer_.list<wire::Health>(offsetof(wire::Snapshot, health), spec.health.size());
    for (std::uint32_t i = 0; i < spec.health.size(); ++i, at += sizeof(wire::Health)) {
      const HealthSpec& health = spec.health[i];
      writer_.put(at + offsetof(wire::Health, identity), health.identity);
      writer_.put(at + offsetof(wire::Health, mode), health.mode);
      writer_.put(at + offsetof(wire::Health, follow_redirects), health.follow_redirects);
      writer_.put(at + offsetof(wire::Health, status), health.status);
      writer_.text(at + offsetof(wire::Health, method), health.method);
      writer_.put(at + offsetof(wire::Health, interval), health.interval);
      writer_.put(at + offsetof(wire::Health, unhealthy_interval), health.unhealthy_interval);
      writer_.put(at + offsetof(wire::Health, timeout), health.timeout);
      writer_.put(at + offsetof(wire::Health, fails), health.fails);
      writer_.put(at + offsetof(wire::Health, passes), health.passes);
      writer_.put(at + offsetof(wire::Health, max_failed_attempts), health.max_failed);
      writer_.put(at + offsetof(wire::Health, failure_window), health.window);
      writer_.put(at + offsetof(wire::Health, max_ejection_percent), health.max_percent);
      writer_.put(at + offsetof(wire::Health, max_ejection_time), health.longest);
      std::size_t field = writer_.list<wire::HeaderField>(at + offsetof(wire::Health, headers), health.headers.size());
      for (const auto& [name, value] : health.headers) {
        writer_.text(field + offsetof(wire::HeaderField, name), name);
        writer_.text(field + offsetof(wire::HeaderField, value), value);
        field += sizeof(wire::HeaderField);
      }
      put_probes(spec, i, at + offsetof(wire::Health, probes));
    }
  }
  /// Those of the service that names the health check, at the addresses of its servers.
  void put_probes(const SnapshotSpec& spec, std::uint32_t index, std::size_t slot) {
    const std::vector<std::string>& paths = spec.health[index].probes;
    std::size_t at = writer_.list<wire::Probe>(slot, paths.size());
    for (const ServiceSpec& service : spec.services) {
      if (service.health != index) continue;
      for (std::size_t i = 0; i < paths.size(); ++i, at += sizeof(wire::Probe)) {
        put_one(at + offsetof(wire::Probe, server), service.servers[i]);
        writer_.text(at + offsetof(wire::Probe, path), paths[i]);
      }
      return;
    }
  }

  void put_transports(const SnapshotSpec& spec) {
    std::size_t at = writer_.list<wire::Transport>(offsetof(wire::Snapshot, transports), spec.transports);
    for (std::uint32_t i = 0; i < spec.transports; ++i, at += sizeof(wire::Transport)) {
      writer_.put(at + offsetof(wire::Transport, dial_timeout), spec.dial_timeout);
      writer_.put(at + offsetof(wire::Transport, response_header_timeout), spec.response_header_timeout);
      writer_.put(at + offsetof(wire::Transport, idle_conn_timeout), 90 * kSecond);
      writer_.put(at + offsetof(wire::Transport, max_idle_conns_per_host), spec.max_idle);
    }
  }

  void put_middlewares(const SnapshotSpec& spec) {
    std::size_t ref = writer_.list<wire::MiddlewareRef>(offsetof(wire::Snapshot, middlewares), spec.middlewares.size());
    constexpr std::size_t kConfigs = offsetof(wire::Snapshot, configs);
    std::size_t config = writer_.list<wire::AddPrefix>(kConfigs + offsetof(wire::MiddlewareConfigs, add_prefix),
                                                       spec.middlewares.size());
    for (const MiddlewareSpec& middleware : spec.middlewares) {
      writer_.text(ref + offsetof(wire::MiddlewareRef, name), "middleware@test");
      writer_.put(ref + offsetof(wire::MiddlewareRef, kind), middleware.kind);
      writer_.put(ref + offsetof(wire::MiddlewareRef, index), middleware.index);
      writer_.text(config + offsetof(wire::AddPrefix, prefix), middleware.prefix);
      ref += sizeof(wire::MiddlewareRef);
      config += sizeof(wire::AddPrefix);
    }
  }

  WireWriter writer_;
};

}  // namespace fairlead::test
