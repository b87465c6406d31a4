#include "engine/drain.h"

#include <atomic>
#include <memory>
#include <utility>

namespace fairlead::engine {
namespace {

// How often a drain looks whether it is done.
constexpr Nanos kPoll = 20 * kMillisecond;

/// What the workers have cut, and how many have yet to say so.
struct Tally {
  std::atomic<std::size_t> waiting;
  std::atomic<std::uint32_t> cut{0};
};

}  // namespace

void Drain::begin(Nanos limit) {
  for (const auto& worker : workers_) worker->post([](WorkerThread& thread) { thread.stop_listening(); });
  look_again(monotonic_now() + limit, true);
}

/// Again and again: connections become idle, and idle ones old enough to be closed.
void Drain::look_again(Nanos until, bool first) {
  if (!first && admission_.open() == 0) return done(0);
  if (monotonic_now() >= until) return cut();
  for (const auto& worker : workers_) worker->post([](WorkerThread& thread) { thread.worker().drain(); });
  control_.post([this, until] { look_again(until, false); }, kPoll);
}

void Drain::cut() {
  const auto tally = std::make_shared<Tally>();
  tally->waiting = workers_.size();
  for (const auto& worker : workers_) {
    worker->post([this, tally](WorkerThread& thread) {
      tally->cut.fetch_add(thread.worker().cut(), std::memory_order_relaxed);
      if (tally->waiting.fetch_sub(1, std::memory_order_acq_rel) == 1) done(tally->cut.load());
    });
  }
}

void Drain::done(std::uint32_t cut) {
  Event event("drained");
  event.number("cut", cut);
  events_.push(std::move(event));
}

}  // namespace fairlead::engine
