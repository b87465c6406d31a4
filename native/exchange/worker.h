// What one worker thread owns: its loop, its buffers, its connections and its memory of services.
#pragma once

#include <cstdint>
#include <memory>

#include "base/intrusive_list.h"
#include "base/local_ref.h"
#include "exchange/access_log.h"
#include "exchange/service_state.h"
#include "loop/loop.h"
#include "net/buffer.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "stats/counters.h"
#include "upstream/pool.h"

namespace fairlead::exchange {

class Connection;

/// What all workers of an engine share. Written by the engine, read by workers.
class Shared {
 public:
  virtual ~Shared() = default;
  /// Every worker runs generation `generation` or a later one.
  virtual bool everywhere(std::uint64_t generation) const = 0;
  /// Admits one more connection to the entry point of that index, which takes `limit` of them (0 = no limit of its own),
  /// or refuses it because there are as many as there may be.
  virtual bool admit_connection(std::uint32_t entry_point, std::uint32_t limit) = 0;
  virtual void connection_ended(std::uint32_t entry_point) = 0;
};

class Worker {
 public:
  Worker(std::uint32_t number, std::uint32_t workers, std::size_t idle_buffer_bytes, net::ResolverThreads& resolver,
         Shared& shared, AccessLog& log);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  loop::Loop loop;
  net::StreamScratch scratch;
  net::BufferPool buffers;
  net::Resolver resolver;
  stats::Counters counters;
  upstream::PoolRegistry pools;
  ServiceRegistry services;
  Shared& shared;
  AccessLogQueue log;
  LocalRef<WorkerPlan> plan;
  /// Every client connection of this worker.
  IntrusiveList<Connection> connections;
  /// The process is about to stop: ping and readiness say so, everything else goes on.
  bool stopping = false;
  /// Old connections get no further request.
  bool draining = false;

  std::uint32_t number() const { return number_; }
  /// Makes `plan` current; what is in flight finishes under the one it began with.
  void install(std::shared_ptr<const Plan> plan);
  /// No new requests on old connections: idle ones are closed, busy ones end with their response. To be called again
  /// and again until none is left.
  void drain();
  /// Cuts what is left and returns how many exchanges that were.
  std::uint32_t cut();
  /// A number no other request of this process has.
  std::uint64_t next_request_id() { return id_base_ + (++last_id_ * id_step_); }

 private:
  std::uint32_t number_;
  std::uint32_t workers_;
  std::uint64_t id_base_;
  std::uint64_t id_step_;
  std::uint64_t last_id_ = 0;
};

}  // namespace fairlead::exchange
