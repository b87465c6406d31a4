#include "exchange/tunnel.h"

#include <coroutine>

namespace fairlead::exchange {
namespace {

using Kind = net::IoResult::Kind;

// A side that takes nothing for this long while bytes wait for it is dead.
constexpr Nanos kStall = 60 * kSecond;

/// One direction. Holds a buffer only while bytes are on their way.
loop::Task<void> relay(Worker& worker, net::Stream& from, net::Stream& to, std::string_view first) {
  if (!first.empty()) {
    const net::IoResult sent = co_await to.write_all(first, kStall);
    if (!sent.ok()) co_return;
  }
  for (;;) {
    if (!from.maybe_readable()) {
      const loop::Wake wake = co_await from.readable(0);
      if (wake == loop::Wake::kHangup) co_return;
    }
    net::Buffer buffer = worker.buffers.small();
    buffer.clear();
    const net::IoResult got = from.try_read(buffer.tail());
    if (got.kind == Kind::kAgain) continue;
    if (!got.ok()) co_return;
    buffer.commit(got.count);
    const net::IoResult sent = to.try_write(buffer.view());
    if (sent.ok()) buffer.consume(sent.count);
    if (buffer.empty() && !to.has_unsent()) continue;
    const net::IoResult rest = co_await to.write_all(buffer.view(), kStall);
    if (!rest.ok()) co_return;
  }
}

/// Awaitable: runs both tasks until the first of them ends; the caller destroys the other.
class FirstOf {
 public:
  FirstOf(loop::Task<void>& a, loop::Task<void>& b) : a_(a), b_(b) {}
  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    b_.start();
    if (b_.done()) return awaiting;
    b_.handle().promise().continuation = awaiting;
    a_.handle().promise().continuation = awaiting;
    return a_.handle();
  }
  void await_resume() const {}

 private:
  loop::Task<void>& a_;
  loop::Task<void>& b_;
};

}  // namespace

loop::Task<void> run_tunnel(Worker& worker, net::Stream& client, const net::Buffer& from_client, net::Stream& server,
                            const net::Buffer& from_server) {
  loop::Task<void> up = relay(worker, client, server, from_client.view());
  loop::Task<void> down = relay(worker, server, client, from_server.view());
  co_await FirstOf(up, down);
  up.cancel();
  down.cancel();
  server.shutdown_write();
  client.shutdown_write();
}

}  // namespace fairlead::exchange
