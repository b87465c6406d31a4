#include "exchange/worker.h"

#include <utility>

#include "base/hash.h"
#include "exchange/connection.h"

namespace fairlead::exchange {

Worker::Worker(std::uint32_t number, std::uint32_t workers, std::size_t idle_buffer_bytes,
               net::ResolverThreads& resolver_thread, Shared& shared_state, AccessLog& access_log)
    : buffers(idle_buffer_bytes),
      resolver(loop, resolver_thread),
      shared(shared_state),
      number_(number),
      workers_(workers),
      // An odd step walks through all 64-bit numbers before it repeats. Neither may be derived from the hash seed: two
      // ids give the step away, and workers must not walk along the same numbers.
      id_base_(random_bits()),
      id_step_(random_bits() | 1) {
  access_log.add(log);
  loop.on_turn_end(
      [](void* self) {
        auto& worker = *static_cast<Worker*>(self);
        worker.counters.set(stats::Counter::kBuffersBytes, worker.buffers.used_bytes() + worker.buffers.idle_bytes());
      },
      this);
}

Worker::~Worker() { cut(); }

void Worker::install(std::shared_ptr<const Plan> next) {
  LocalRef<WorkerPlan> fresh(new WorkerPlan(std::move(next), services, pools, workers_));
  fresh->adopt_states();
  plan = std::move(fresh);
}

void Worker::drain() {
  draining = true;
  IntrusiveList<Connection> all;
  all.take_all(connections);
  while (Connection* connection = all.pop_front()) {
    connections.push_back(*connection);
    connection->drain();
  }
}

std::uint32_t Worker::cut() {
  std::uint32_t busy = 0;
  while (Connection* connection = connections.front()) {
    if (connection->busy()) ++busy;
    delete connection;
  }
  return busy;
}

}  // namespace fairlead::exchange
