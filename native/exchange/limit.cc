#include "exchange/limit.h"

#include <limits>

#include "exchange/limit_key.h"
#include "exchange/plan.h"

namespace fairlead::exchange {
namespace {

using scheduler::KeyQueue;

constexpr std::uint32_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

std::vector<scheduler::KeyWeight> weights_of(const wire::ConcurrencyLimit& settings) {
  std::vector<scheduler::KeyWeight> weights;
  weights.reserve(settings.weights.size());
  for (const wire::KeyWeight& weight : settings.weights) weights.push_back({weight.key, weight.weight});
  return weights;
}

scheduler::FairQueueSettings queue_settings(const wire::ConcurrencyLimit& settings,
                                            std::span<const scheduler::KeyWeight> weights) {
  return {
      .discipline = settings.fifo ? scheduler::Discipline::kFirstInFirstOut : scheduler::Discipline::kDeficitRoundRobin,
      .quantum = settings.quantum,
      .max_length = settings.max_length,
      .max_keys = settings.max_keys,
      .weights = weights};
}

}  // namespace

/// Turns to be called while the lock is held. Other workers are woken after it, when this ends: that is a system call.
class Limit::Calls {
 public:
  explicit Calls(WaitingRoom& here) : here_(here) {}
  ~Calls() { wake(); }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  void call(Turn& turn) {
    if (&turn.room_ == &here_) {
      here_.loop.make_ready(turn.waiter_, loop::Wake::kReady);
      return;
    }
    loop::Handover& calls = turn.room_.calls;
    if (!calls.give(turn.waiter_)) return;
    if (&calls != sleeping_) wake();
    sleeping_ = &calls;
  }
  Nanos now() const { return here_.loop.now(); }

 private:
  void wake() {
    if (sleeping_ != nullptr) sleeping_->wake();
    sleeping_ = nullptr;
  }

  WaitingRoom& here_;
  loop::Handover* sleeping_ = nullptr;
};

void Slot::give_back() {
  if (limit_ != nullptr) std::exchange(limit_, nullptr)->give_back(*key_, *room_);
}

Limit::Limit(const wire::ConcurrencyLimit& settings, std::uint64_t generation)
    : generation_(generation),
      version_(settings.version),
      concurrency_(settings.concurrency),
      max_length_(settings.max_length),
      max_wait_(settings.max_wait),
      hides_keys_(settings.hides_keys),
      queue_(queue_settings(settings, weights_of(settings))) {}

void Limit::configure(const wire::ConcurrencyLimit& settings, std::uint64_t generation, WaitingRoom& room) {
  Calls calls(room);
  const std::lock_guard lock(mutex_);
  if (generation <= generation_) return;
  generation_ = generation;
  if (version_ == settings.version) return;
  version_ = settings.version;
  concurrency_ = settings.concurrency;
  max_length_ = settings.max_length;
  max_wait_.store(settings.max_wait, std::memory_order_relaxed);
  hides_keys_ = settings.hides_keys;
  queue_.configure(queue_settings(settings, weights_of(settings)));
  call_next(calls);
  shed(calls, nullptr);
}

void Limit::lift(std::uint64_t generation, WaitingRoom& room) {
  Calls calls(room);
  const std::lock_guard lock(mutex_);
  if (generation <= generation_) return;
  generation_ = generation;
  version_ = 0;
  concurrency_ = kNoLimit;
  call_next(calls);
}

Slot Limit::enter(std::string_view key, WaitingRoom& room) {
  const std::lock_guard lock(mutex_);
  if (!has_room() || !queue_.empty()) return {};
  KeyQueue& queue = queue_.key(key);
  take(queue);
  return {*this, queue, room};
}

bool Limit::wait(Turn& turn) {
  Calls calls(turn.room_);
  const std::lock_guard lock(mutex_);
  KeyQueue& key = queue_.key(turn.key_text_);
  if (turn.note_ != nullptr) describe(key, *turn.note_);
  // Since enter() has been asked a slot may have become free, of which nobody would tell.
  if (has_room() && queue_.empty()) {
    turn.key = &key;
    turn.state_ = Turn::State::kCalled;
    take(key);
    return false;
  }
  turn.state_ = Turn::State::kWaiting;
  queue_.push(key, turn);
  shed(calls, &turn);
  return turn.state_ == Turn::State::kWaiting;
}

void Limit::give_up(Turn& turn) {
  Calls calls(turn.room_);
  const std::lock_guard lock(mutex_);
  KeyQueue& key = *turn.key;
  if (turn.state_ == Turn::State::kWaiting) {
    ++key.totals.gone;
    queue_.remove(turn);
  } else if (turn.state_ == Turn::State::kCalled) {
    release(key);
    call_next(calls);
  }
}

bool Limit::late(Turn& turn) {
  const std::lock_guard lock(mutex_);
  if (turn.state_ != Turn::State::kWaiting) return false;
  turn.state_ = Turn::State::kLate;
  ++turn.key->totals.shed_late;
  queue_.remove(turn);
  return true;
}

void Limit::give_back(KeyQueue& key, WaitingRoom& room) {
  Calls calls(room);
  const std::lock_guard lock(mutex_);
  release(key);
  call_next(calls);
}

void Limit::take(KeyQueue& key) {
  ++active_;
  ++key.totals.served;
  queue_.begin(key);
}

void Limit::describe(const KeyQueue& key, QueueNote& note) const {
  if (hides_keys_) {
    note.key = disguised_key(key.text());
  } else {
    note.key = key.text();
  }
  note.weight = key.weight();
  note.key_waiting = key.length();
  note.waiting = queue_.length();
  note.max_length = max_length_;
  note.active = active_;
  note.concurrency = concurrency_;
}

void Limit::release(KeyQueue& key) {
  --active_;
  queue_.end(key);
}

void Limit::call_next(Calls& calls) {
  while (has_room()) {
    auto* const turn = static_cast<Turn*>(queue_.pop());
    if (turn == nullptr) return;
    take(*turn->key);
    scheduler::KeyTotals& totals = turn->key->totals;
    ++totals.waited;
    // The clocks of two workers are read at different moments.
    const Nanos now = calls.now();
    totals.wait_time += now > turn->since_ ? now - turn->since_ : 0;
    turn->state_ = Turn::State::kCalled;
    calls.call(*turn);
  }
}

/// `caller` sees for itself what has become of it.
void Limit::shed(Calls& calls, const Turn* caller) {
  while (auto* const turn = static_cast<Turn*>(queue_.overflow())) {
    ++turn->key->totals.shed_full;
    turn->state_ = Turn::State::kShed;
    if (turn != caller) calls.call(*turn);
  }
}

LimitReport Limit::report() const {
  LimitReport report;
  bool hides_keys = false;
  {
    const std::lock_guard lock(mutex_);
    hides_keys = hides_keys_;
    report.concurrency = concurrency_;
    report.active = active_;
    report.waiting = queue_.length();
    report.max_length = max_length_;
    report.keys.reserve(queue_.keys() + 1);
    queue_.each([&report](const KeyQueue& key) {
      report.keys.push_back({std::string(key.text()), key.weight(), key.active(), key.length(), key.totals});
    });
  }
  if (hides_keys) {
    for (KeyReport& key : report.keys) key.key = disguised_key(key.key);
  }
  return report;
}

Turn::Turn(Limit& limit, WaitingRoom& room, std::string_view key, std::uint64_t cost, QueueNote* note)
    : limit_(limit), room_(room), key_text_(key), note_(note), since_(room.loop.now()), deadline_(on_late) {
  this->cost = cost;
  if (note_ != nullptr) note_->begun = since_;
  deadline_.owner = this;
}

Turn::~Turn() {
  if (!is_pending_) return;
  limit_.give_up(*this);
  // It may have been called by another worker, and not have heard yet.
  room_.calls.take_back(waiter_);
}

bool Turn::await_suspend(std::coroutine_handle<> handle) {
  waiter_.handle = handle;
  is_pending_ = true;
  if (!limit_.wait(*this)) return false;
  room_.turns.push_back(*this);
  arm();
  return true;
}

void Turn::arm() {
  const Nanos longest = limit_.max_wait();
  if (longest == 0) {
    deadline_.unlink();
  } else {
    room_.loop.timers().arm(deadline_, since_ + longest);
  }
}

void Turn::on_late(loop::Timer& timer) {
  Turn& self = *static_cast<Deadline&>(timer).owner;
  if (self.limit_.late(self)) self.room_.loop.make_ready(self.waiter_, loop::Wake::kTimeout);
}

Result<Slot> Turn::await_resume() {
  deadline_.unlink();
  static_cast<RoomLink&>(*this).unlink();
  if (note_ != nullptr) note_->ended = room_.loop.now();
  is_pending_ = false;
  if (state_ == State::kCalled) return Slot(limit_, *key, room_);
  const Reason reason = state_ == State::kLate ? Reason::kQueueTimeout : Reason::kQueueFull;
  return Error{reason, Origin::kInternal, Retry::kNo};
}

void follow_limits(const Plan* before, const Plan& now, WaitingRoom& room) {
  const std::uint64_t generation = now.snapshot().generation;
  for (const ServiceLimit& limit : now.limits()) limit.account->configure(*limit.settings, generation, room);
  if (before == nullptr) return;
  for (const ServiceLimit& limit : before->limits()) limit.account->lift(generation, room);
  IntrusiveList<RoomLink> all;
  all.take_all(room.turns);
  while (auto* const link = all.pop_front()) {
    room.turns.push_back(*link);
    static_cast<Turn*>(link)->arm();
  }
}

}  // namespace fairlead::exchange
