// What one worker thread owns: its loop, its buffers, its connections and its memory of services.
#pragma once

#include <cstdint>
#include <memory>

#include "base/intrusive_list.h"
#include "base/local_ref.h"
#include "exchange/access_log.h"
#include "exchange/health_checks.h"
#include "exchange/limit.h"
#include "exchange/receipt.h"
#include "exchange/service_state.h"
#include "loop/loop.h"
#include "net/buffer.h"
#include "net/canonical_names.h"
#include "net/pipe.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "stats/counters.h"
#include "stats/pressure.h"
#include "upstream/pool.h"

namespace fairlead::exchange {

class Connection;
class Mirror;

/// What all workers of an engine share. Written by the engine, read by workers.
class Shared {
 public:
  virtual ~Shared() = default;
  /// Every worker runs generation `generation` or a later one.
  virtual bool everywhere(std::uint64_t generation) const = 0;
  /// A connection to the entry point of that index, from that client, has ended.
  virtual void connection_ended(std::uint32_t entry_point, const net::IpAddress& client) = 0;
  /// The account of the memory of all workers.
  virtual stats::Pressure& pressure() = 0;
  /// A server of `service` has come up or gone down.
  virtual void server_changed(std::string_view service, const upstream::ServerReport& server) = 0;
};

class Worker {
 public:
  Worker(std::uint32_t number, std::uint32_t workers, std::size_t idle_buffer_bytes, net::ResolverThreads& resolver,
         net::CanonicalThreads& canonical, Shared& shared, AccessLog& log);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  loop::Loop loop;
  net::StreamScratch scratch;
  net::BufferPool buffers;
  net::PipePool pipes{kMostPipes, kMostIdlePipes};
  /// A body of which at least this much is left is moved by the kernel where that is possible; 0 = none is.
  std::uint64_t splice_bytes = 0;
  net::Resolver resolver;
  /// Of the hosts of requests, when the configuration asks for them.
  net::CanonicalNames canonical_names;
  stats::Counters counters;
  upstream::PoolRegistry pools;
  ServiceRegistry services;
  /// Requests that wait for their turn at a service with a limit.
  WaitingRoom waiting{loop};
  Shared& shared;
  AccessLogQueue log;
  Receipts receipts;
  LocalRef<WorkerPlan> plan;
  HealthChecks health{*this};
  /// Client connections with something under way; those that wait for a request, the one that has waited longest first.
  IntrusiveList<Connection> connections;
  IntrusiveList<Connection> idle;
  /// Copies of requests under way, and what their bodies hold.
  IntrusiveList<Mirror> mirrors;
  std::uint32_t mirror_count = 0;
  std::uint64_t teed_bytes = 0;
  /// What is given up for want of memory, as of this turn.
  stats::Stage stage = stats::Stage::kNormal;
  /// What the log says of exchanges that are destroyed before their end.
  Reason cut_reason = Reason::kDraining;
  /// The process is about to stop: ping and readiness say so, everything else goes on.
  bool stopping = false;
  /// Old connections get no further request.
  bool draining = false;

  std::uint32_t number() const { return number_; }
  /// How many there are, this one included.
  std::uint32_t workers() const { return workers_; }
  /// Makes `plan` current; what is in flight finishes under the one it began with.
  void install(std::shared_ptr<const Plan> plan);
  /// No new requests on old connections: idle ones are closed, busy ones end with their response. To be called again
  /// and again until none is left.
  void drain();
  /// Cuts what is left and returns how many exchanges that were; copies for mirrors are not among them.
  std::uint32_t cut();
  /// Closes up to `most` connections that have waited for a request so long that none is on its way; how many it were.
  std::uint32_t close_idle(std::uint32_t most);
  /// Gives up what the stage asks for. To be called again and again while memory is short.
  void relieve();
  /// A number no other request of this process has.
  std::uint64_t next_request_id() { return id_base_ + (++last_id_ * id_step_); }

 private:
  // Bounds what lies in pipes: 16 MiB. Further transfers copy.
  static constexpr std::size_t kMostPipes = 64;
  // Descriptors that are kept for the next transfer: 32. Few are in use at once, since only a receiver that is slower
  // than its sender keeps one while it waits.
  static constexpr std::size_t kMostIdlePipes = 16;

  struct Shedder : loop::Waiter {
    using Waiter::Waiter;
    Worker* owner = nullptr;
  };
  void end_turn();
  /// Tells the account what the buffers take, and takes over the stage.
  void report();
  void cut_mirrors();
  /// Cuts all copies for mirrors, and the exchanges that hold the most until enough is freed.
  void shed();

  stats::Pressure& pressure_;
  std::uint64_t reported_ = 0;
  Shedder shedder_;
  std::uint32_t number_;
  std::uint32_t workers_;
  std::uint64_t id_base_;
  std::uint64_t id_step_;
  std::uint64_t last_id_ = 0;
};

}  // namespace fairlead::exchange
