// One account of a limit that several workers share.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "exchange/limit.h"
#include "exchange/snapshot_bytes.h"
#include "loop/next_turn.h"
#include "loop/task.h"
#include "test/support/native/snapshot_writer.h"

using namespace fairlead;
using exchange::Limit;
using exchange::LimitReport;
using exchange::Slot;
using exchange::Turn;
using exchange::WaitingRoom;

namespace {

/// A worker's loop on a thread of its own, on which `count` visits are made, a few at once.
class Crowd {
 public:
  Crowd(Limit& limit, std::string key, int count) : limit_(limit), key_(std::move(key)), left_(count) {}
  virtual ~Crowd() = default;
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void start() {
    thread_ = std::thread([this] {
      constexpr int kAtOnce = 8;
      running_ = kAtOnce;
      std::vector<loop::Task<void>> tasks;
      for (int i = 0; i < kAtOnce; ++i) tasks.push_back(work());
      for (loop::Task<void>& task : tasks) task.start();
      loop_.run();
    });
  }
  /// Its loop stays for as long as another worker may call its turns.
  void join() { thread_.join(); }

 protected:
  virtual loop::Task<void> visit() = 0;

  Limit& limit_;
  std::string key_;
  loop::Loop loop_;
  WaitingRoom room_{loop_};

 private:
  loop::Task<void> work() {
    while (left_ > 0) {
      --left_;
      co_await visit();
    }
    if (--running_ == 0) loop_.stop();
  }

  int left_;
  int running_ = 0;
  std::thread thread_;
};

/// How many hold a slot, over all crowds, and how many did at most.
class Holding {
 public:
  void begin() {
    const int now = ++active_;
    for (int most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
    }
  }
  void end() { --active_; }
  int most() const { return most_; }

 private:
  std::atomic<int> active_{0};
  std::atomic<int> most_{0};
};

/// Holds each slot for a moment.
class Holders final : public Crowd {
 public:
  Holders(Limit& limit, std::string key, int count, Holding& holding)
      : Crowd(limit, std::move(key), count), holding_(holding) {}

 private:
  loop::Task<void> visit() override {
    Slot slot = limit_.enter(key_, room_);
    if (slot.limit() == nullptr) {
      Turn turn(limit_, room_, key_, 1);
      Result<Slot> waited = co_await turn;
      REQUIRE(waited.ok());
      slot = std::move(*waited);
    }
    holding_.begin();
    for (int i = 0; i < 3; ++i) co_await loop::NextTurn(loop_);
    holding_.end();
    slot.give_back();
  }

  Holding& holding_;
};

/// Go away soon, whether or not their turn has come.
class Leavers final : public Crowd {
 public:
  using Crowd::Crowd;

 private:
  loop::Task<void> visit() override {
    loop::Task<void> waiting = wait();
    waiting.start();
    for (int i = 0; i < 2; ++i) co_await loop::NextTurn(loop_);
  }
  loop::Task<void> wait() {
    Turn turn(limit_, room_, key_, 1);
    const Result<Slot> slot = co_await turn;
    REQUIRE(slot.ok());
    co_await loop::NextTurn(loop_);
  }
};

/// A limit as a snapshot has it, with the snapshot.
struct Limited {
  explicit Limited(std::uint32_t concurrency)
      : bytes(exchange::SnapshotBytes::verify(test::SnapshotWriter(spec(concurrency)).bytes(), fault)) {
    REQUIRE_MESSAGE(bytes != nullptr, fault);
    limit = std::make_unique<Limit>(bytes->root().concurrency_limits[0], 1);
  }
  static test::SnapshotSpec spec(std::uint32_t concurrency) {
    test::SnapshotSpec spec;
    spec.services[0].limit = 0;
    spec.limits = {{.concurrency = concurrency, .max_length = 1000}};
    return spec;
  }

  std::string fault;
  std::unique_ptr<exchange::SnapshotBytes> bytes;
  std::unique_ptr<Limit> limit;
};

}  // namespace

TEST_CASE("several workers share one account: the limit is exact, and every turn comes") {
  const Limited one(3);
  constexpr int kEach = 2000;
  Holding holding;
  Holders a(*one.limit, "a", kEach, holding);
  Holders b(*one.limit, "b", kEach, holding);
  Holders c(*one.limit, "a", kEach, holding);
  for (Holders* const holders : {&a, &b, &c}) holders->start();
  for (Holders* const holders : {&a, &b, &c}) holders->join();
  CHECK(holding.most() == 3);
  const LimitReport report = one.limit->report();
  CHECK(report.active == 0);
  CHECK(report.waiting == 0);
  for (const exchange::KeyReport& key : report.keys) CHECK(key.totals.served == (key.key == "a" ? 2 * kEach : kEach));
}

TEST_CASE("who leaves while another worker calls takes no slot along") {
  const Limited one(1);
  constexpr int kEach = 2000;
  Holding holding;
  Holders holders(*one.limit, "a", kEach, holding);
  Leavers leavers(*one.limit, "b", kEach);
  holders.start();
  leavers.start();
  holders.join();
  leavers.join();
  CHECK(holding.most() == 1);
  const LimitReport report = one.limit->report();
  CHECK(report.active == 0);
  CHECK(report.waiting == 0);
}
