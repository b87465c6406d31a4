// How many requests a service has at its servers at once, and who goes next when there are more (`limit`).
//
//   arrives ─► a slot is free ──────────────────────────► forward ─► gives its slot back
//          └─► Turn: waits in the queue of its key ─► called ┘            │
//                  ▲                └─► shed: 503                         │
//                  └──────────────── the next in turn is called ◄─────────┘
//
// The account is one for all workers (ADR 0020): its lock is held for as long as it takes to move one request.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/intrusive_list.h"
#include "exchange/receipt.h"
#include "loop/handover.h"
#include "loop/loop.h"
#include "scheduler/fair_queue.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

class Limit;
class Plan;
class Turn;

/// In the list of a worker's turns.
struct RoomLink : ListLink {};

/// Where the requests of one worker wait for their turn, and the door through which other workers call them.
struct WaitingRoom {
  explicit WaitingRoom(loop::Loop& of) : loop(of), calls(of) {}

  loop::Loop& loop;
  loop::Handover calls;
  IntrusiveList<RoomLink> turns;
};

/// The right to have one request at the servers. Given back when it ends; by the worker that has taken it.
class Slot {
 public:
  Slot() = default;
  Slot(Limit& limit, scheduler::KeyQueue& key, WaitingRoom& room) : limit_(&limit), key_(&key), room_(&room) {}
  Slot(Slot&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)), key_(other.key_), room_(other.room_) {}
  Slot& operator=(Slot&& other) noexcept {
    give_back();
    limit_ = std::exchange(other.limit_, nullptr);
    key_ = other.key_;
    room_ = other.room_;
    return *this;
  }
  ~Slot() { give_back(); }

  void give_back();
  /// Whose it is, or null.
  Limit* limit() const { return limit_; }

 private:
  Limit* limit_ = nullptr;
  scheduler::KeyQueue* key_ = nullptr;
  WaitingRoom* room_ = nullptr;
};

/// What a key shows of itself.
struct KeyReport {
  std::string key;
  std::uint32_t weight = 1;
  std::uint32_t active = 0;
  std::uint32_t waiting = 0;
  scheduler::KeyTotals totals;
};

/// What a limit shows of itself.
struct LimitReport {
  std::uint32_t concurrency = 0;
  std::uint32_t active = 0;
  std::uint32_t waiting = 0;
  std::uint32_t max_length = 0;
  std::vector<KeyReport> keys;
};

/// The account of one service. Found by identity, so that it goes on through reloads. Any thread.
class Limit : public std::enable_shared_from_this<Limit> {
 public:
  Limit(const wire::ConcurrencyLimit& settings, std::uint64_t generation);
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

  /// Settings of a generation that serves now; those of an older one change nothing. Whoever may go then goes.
  void configure(const wire::ConcurrencyLimit& settings, std::uint64_t generation, WaitingRoom& room);
  /// From that generation on there is no limit.
  void lift(std::uint64_t generation, WaitingRoom& room);
  /// How long a request may wait; 0 = for ever.
  Nanos max_wait() const { return max_wait_.load(std::memory_order_relaxed); }

  /// A slot, if one is free and nobody waits for it.
  Slot enter(std::string_view key, WaitingRoom& room);
  LimitReport report() const;

 private:
  friend class Slot;
  friend class Turn;
  class Calls;

  /// False: the turn is over before it began, with a slot or without.
  bool wait(Turn& turn);
  void give_up(Turn& turn);
  /// True: it has just become too late, and nobody else calls the turn.
  bool late(Turn& turn);
  void give_back(scheduler::KeyQueue& key, WaitingRoom& room);

  // With the lock held.
  bool has_room() const { return active_ < concurrency_; }
  void take(scheduler::KeyQueue& key);
  void describe(const scheduler::KeyQueue& key, QueueNote& note) const;
  void release(scheduler::KeyQueue& key);
  void call_next(Calls& calls);
  void shed(Calls& calls, const Turn* caller);

  mutable std::mutex mutex_;
  std::uint64_t generation_;
  /// Of the settings, to see whether they have changed.
  std::uint64_t version_;
  std::uint32_t concurrency_;
  std::uint32_t active_ = 0;
  std::uint32_t max_length_;
  std::atomic<Nanos> max_wait_;
  bool hides_keys_;
  scheduler::FairQueue queue_;
};

/// Awaitable: until the request's turn has come, or it is shed. Ending it earlier takes it out of the queue.
class Turn : public scheduler::Waiting, public RoomLink {
 public:
  /// `key` lives until the turn is awaited. `note`, if any, is all zeroes and gets what a
  /// receipt tells of the wait.
  Turn(Limit& limit, WaitingRoom& room, std::string_view key, std::uint64_t cost, QueueNote* note = nullptr);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> handle);
  /// A slot, or kQueueFull or kQueueTimeout.
  Result<Slot> await_resume();

  /// How long it has waited.
  Nanos waited() const { return room_.loop.now() - since_; }
  /// The settings have changed: the time that is left is another.
  void arm();

 private:
  friend class Limit;
  enum class State : std::uint8_t { kWaiting, kCalled, kShed, kLate };
  struct Deadline : loop::Timer {
    using Timer::Timer;
    Turn* owner = nullptr;
  };
  static void on_late(loop::Timer& timer);

  Limit& limit_;
  WaitingRoom& room_;
  std::string_view key_text_;
  QueueNote* note_;
  Nanos since_;
  loop::Waiter waiter_;
  Deadline deadline_;
  /// It has been asked for a slot and has not said yet what came of it. For its worker alone.
  bool is_pending_ = false;
  /// While it is pending the limit's lock guards it: another worker may call.
  State state_ = State::kWaiting;
};

/// A worker goes over from one plan (or null) to another: limits and waiting requests follow.
void follow_limits(const Plan* before, const Plan& now, WaitingRoom& room);

}  // namespace fairlead::exchange
