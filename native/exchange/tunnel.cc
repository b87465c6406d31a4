#include "exchange/tunnel.h"

#include <coroutine>
#include <utility>

namespace fairlead::exchange {
namespace {

using Kind = net::IoResult::Kind;

// A side that takes nothing for this long while bytes wait for it is dead.
constexpr Nanos kStall = 60 * kSecond;
// What the other side may still say after one has ended. Most answer an end with their own at once; one that never does
// must not hold a connection for ever.
constexpr Nanos kLastWords = 10 * kSecond;

/// One direction. Holds a buffer only while bytes are on their way. True: it ended in order, and `to` was told.
loop::Task<bool> relay(Worker& worker, net::Stream& from, net::Stream& to, net::Buffer first) {
  if (!first.empty()) {
    const net::IoResult sent = co_await to.write_all(first.view(), kStall);
    if (!sent.ok()) co_return false;
  }
  first.release();
  for (;;) {
    if (!from.maybe_readable()) {
      const loop::Wake wake = co_await from.readable(0);
      if (wake == loop::Wake::kHangup) co_return false;
    }
    net::Buffer buffer = worker.buffers.small();
    buffer.clear();
    const net::IoResult got = from.try_read(buffer.tail());
    if (got.kind == Kind::kAgain) continue;
    if (got.kind == Kind::kEof) break;
    if (!got.ok()) co_return false;
    buffer.commit(got.count);
    std::string_view bytes = buffer.view();
    net::IoResult sent;
    if (!to.write_now(bytes, sent)) sent = co_await to.write_all(bytes, kStall);
    if (!sent.ok()) co_return false;
  }
  to.shutdown_write();
  co_return true;
}

/// Awaitable: until one of two started tasks ends that was still running, or `deadline` (0 = none) has passed.
class NextEnd {
 public:
  NextEnd(loop::Loop& loop, loop::Task<bool>& a, loop::Task<bool>& b, Nanos deadline)
      : a_(a), b_(b), deadline_(deadline), timer_(loop, waiter_) {}
  NextEnd(const NextEnd&) = delete;
  NextEnd& operator=(const NextEnd&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    waiter_.handle = awaiting;
    timer_.arm(deadline_);
    for (loop::Task<bool>* task : {&a_, &b_}) {
      if (!task->done()) task->handle().promise().continuation = awaiting;
    }
  }
  /// False: the deadline has passed.
  bool await_resume() const { return waiter_.outcome != loop::Wake::kTimeout; }

 private:
  loop::Task<bool>& a_;
  loop::Task<bool>& b_;
  Nanos deadline_;
  loop::Waiter waiter_;
  loop::WakeTimer timer_;
};

bool broke(loop::Task<bool>& task) { return task.done() && !task.take(); }

}  // namespace

loop::Task<void> run_tunnel(Worker& worker, net::Stream& client, net::Buffer from_client, net::Stream& server,
                            net::Buffer from_server) {
  loop::Task<bool> up = relay(worker, client, server, std::move(from_client));
  loop::Task<bool> down = relay(worker, server, client, std::move(from_server));
  up.start();
  down.start();
  Nanos deadline = 0;
  while (!broke(up) && !broke(down) && !(up.done() && down.done())) {
    if (up.done() || down.done()) deadline = worker.loop.now() + kLastWords;
    const bool in_time = co_await NextEnd(worker.loop, up, down, deadline);
    if (!in_time) break;
  }
}

}  // namespace fairlead::exchange
