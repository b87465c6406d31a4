#include "exchange/worker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "exchange/connection.h"
#include "exchange/mirror.h"

namespace fairlead::exchange {
namespace {

// Growth within one turn that the account is told of at once: what several workers may take unseen is nothing of a limit
// that makes sense.
constexpr std::size_t kReportStep = 128 * 1024;
// What an exchange holds that is more than heads and small bodies.
constexpr std::uint64_t kHeavy = 64 * 1024;
// Idle connections that are closed at a time for want of memory: a millisecond of work.
constexpr std::uint32_t kIdleBatch = 256;

}  // namespace

Worker::Worker(std::uint32_t number, std::uint32_t workers, std::size_t idle_buffer_bytes,
               net::ResolverThreads& resolver_threads, net::CanonicalThreads& canonical_threads, Shared& shared_state,
               AccessLog& access_log)
    : buffers(idle_buffer_bytes),
      resolver(loop, resolver_threads),
      canonical_names(loop, canonical_threads),
      services(number, workers),
      shared(shared_state),
      pressure_(shared_state.pressure()),
      shedder_([](loop::Waiter& waiter) { static_cast<Shedder&>(waiter).owner->shed(); }),
      number_(number),
      workers_(workers),
      // An odd step walks through all 64-bit numbers before it repeats. Neither may be derived from the hash seed: two
      // ids give the step away, and workers must not walk along the same numbers.
      id_base_(random_bits()),
      id_step_(random_bits() | 1) {
  shedder_.owner = this;
  access_log.add(log);
  loop.on_turn_end([](void* self) { static_cast<Worker*>(self)->end_turn(); }, this);
  buffers.watch(
      kReportStep, [](void* self) { static_cast<Worker*>(self)->report(); }, this);
}

Worker::~Worker() {
  health.stop();
  cut();
}

void Worker::install(std::shared_ptr<const Plan> next) {
  LocalRef<WorkerPlan> fresh(new WorkerPlan(std::move(next), services, pools, workers_));
  fresh->adopt_states(loop.now());
  follow_limits(plan ? &plan->plan() : nullptr, fresh->plan(), waiting);
  if (const Nanos refresh = fresh->plan().snapshot().names.refresh; refresh > 0) resolver.set_refresh(refresh);
  plan = std::move(fresh);
  health.adopt();
}

void Worker::drain() {
  draining = true;
  for (IntrusiveList<Connection>* list : {&idle, &connections}) {
    IntrusiveList<Connection> all;
    all.take_all(*list);
    while (Connection* connection = all.pop_front()) {
      list->push_back(*connection);
      connection->drain();
    }
  }
}

std::uint32_t Worker::cut() {
  std::uint32_t busy = 0;
  for (IntrusiveList<Connection>* list : {&idle, &connections}) {
    while (Connection* connection = list->front()) {
      if (connection->busy()) ++busy;
      delete connection;
    }
  }
  cut_mirrors();
  return busy;
}

void Worker::cut_mirrors() {
  while (Mirror* mirror = mirrors.front()) delete mirror;
}

std::uint32_t Worker::close_idle(std::uint32_t most) {
  std::uint32_t closed = 0;
  while (closed < most) {
    Connection* const longest = idle.front();
    if (longest == nullptr || !longest->quiet()) break;
    delete longest;
    ++closed;
  }
  counters.add(stats::Counter::kIdleConnectionsClosed, closed);
  return closed;
}

void Worker::end_turn() {
  const std::uint64_t held = buffers.used_bytes() + buffers.idle_bytes();
  counters.set(stats::Counter::kBuffersBytes, held);
  if (held != reported_ || stage != pressure_.stage()) report();
}

void Worker::report() {
  reported_ = buffers.used_bytes() + buffers.idle_bytes();
  pressure_.report_buffers(number_, reported_);
  buffers.note();
  const stats::Stage next = pressure_.stage();
  // Not now: what is cut may be what has asked for the buffer.
  if (next == stats::Stage::kShedding) loop.make_ready_later(shedder_, loop::Wake::kReady);
  if (next == stage) return;
  if (next > stage) counters.add(stats::Counter::kOverloadStagesEntered);
  stage = next;
  buffers.set_frugal(stage >= stats::Stage::kFrugal);
}

void Worker::relieve() {
  report();
  if (stage >= stats::Stage::kNoRequests) close_idle(kIdleBatch);
}

void Worker::shed() {
  cut_mirrors();
  const std::uint64_t in_buffers = pressure_.buffer_excess();
  const std::uint64_t excess = std::max(in_buffers, pressure_.resident_excess());
  if (excess == 0) return;
  // What the process has too much need not be ours: then only those are cut that are worth it.
  const std::uint64_t least = in_buffers > 0 ? 1 : kHeavy;
  struct Holder {
    std::uint64_t bytes;
    Connection* connection;
  };
  std::vector<Holder> holders;
  IntrusiveList<Connection> all;
  all.take_all(connections);
  while (Connection* connection = all.pop_front()) {
    connections.push_back(*connection);
    if (const std::uint64_t bytes = connection->held_bytes(); bytes >= least) holders.push_back({bytes, connection});
  }
  std::sort(holders.begin(), holders.end(), [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; });
  std::uint64_t freed = 0;
  cut_reason = Reason::kOverloadCut;
  for (const Holder& holder : holders) {
    if (freed >= excess) break;
    freed += holder.bytes;
    holder.connection->abort();
  }
  cut_reason = Reason::kDraining;
  report();
}

}  // namespace fairlead::exchange
