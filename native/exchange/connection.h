// A client's connection: handshake, then one exchange after the other, until either side has had enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/intrusive_list.h"
#include "codec/http1/server_stream.h"
#include "codec/message.h"
#include "exchange/exchange.h"
#include "exchange/worker.h"
#include "loop/frame_pool.h"
#include "loop/loop.h"
#include "loop/soon.h"
#include "loop/task.h"
#include "net/stream.h"
#include "tls/server.h"

namespace fairlead::exchange {

/// Owns the socket; lives in its worker's list and deletes itself when the connection has ended. While idle it is nothing
/// but this object: there is no coroutine, no buffer, no codec.
class Connection : public ListLink {
 public:
  /// Takes over an accepted socket and starts serving it.
  static void accept(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client);
  ~Connection();
  static void* operator new(std::size_t size) { return loop::FramePool::allocate(size); }
  static void operator delete(void* memory, std::size_t size) { loop::FramePool::release(memory, size); }

  Worker& worker() { return worker_; }
  net::Stream& stream() { return stream_; }
  const codec::Peer& peer() const { return peer_; }
  std::uint32_t entry_point() const { return entry_point_; }
  /// A handshake, an exchange or a tunnel is in progress.
  bool busy() const { return task_.valid(); }
  /// It has waited for a request for so long that none is on its way.
  bool quiet();
  /// Bytes in buffers on behalf of this client, on both sides.
  std::uint64_t held_bytes() const;
  /// Ends it at once with a reset, whatever is in progress. Not from within its own task.
  void abort();
  /// Lets the connection end: with its next response, if that can still say so, or once it has been idle for a while, so
  /// that no request is on its way. To be called again and again.
  void drain();

 private:
  /// What comes when the running task has ended.
  enum class After : std::uint8_t { kServe, kIdle, kClose, kTunnel };
  class HangupWatch;
  struct Upgrade;

  struct Event : loop::Waiter {
    using Waiter::Waiter;
    Connection* owner = nullptr;
  };
  struct Alarm : loop::Timer {
    using Timer::Timer;
    Connection* owner = nullptr;
  };

  Connection(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client);

  const wire::EntryPoint& settings() const;
  static void on_event(loop::Waiter& waiter);
  static void on_alarm(loop::Timer& timer);
  void run(loop::Task<void> task);
  void end_task(After after);
  void go_on();
  void rest();

  loop::Task<void> handshake();
  loop::Task<bool> secure(const tls::ServerContext& context);
  loop::Task<bool> speaks_tls();
  /// Serves requests until none waits.
  loop::Task<void> serve();
  loop::Soon<Outcome> answer(Exchange& exchange, codec::http1::HeadResult head);
  After upgrade(Exchange& exchange);
  /// Ends a connection after its last response.
  loop::Task<void> close_gently(bool client_keeps_alive);
  loop::Task<void> tunnel();
  bool allows_next() const;
  void move_to(IntrusiveList<Connection>& list);

  Worker& worker_;
  std::uint32_t entry_point_;
  std::uint32_t served_ = 0;
  Nanos since_;
  Nanos idle_since_;
  net::Stream stream_;
  codec::Peer peer_;
  /// While serve() runs, in whose frame both sit; the exchange only while one is in progress.
  codec::http1::ServerStream* codec_ = nullptr;
  const Exchange* exchange_ = nullptr;
  std::unique_ptr<Upgrade> upgrade_;
  char client_text_[46];
  After after_ = After::kServe;
  /// While idle: a request has come. Otherwise: the task has ended.
  Event event_;
  /// While idle: the client has had its time. Otherwise: the exchange takes long enough to look whether it still waits.
  Alarm alarm_;
  loop::Task<void> task_;
};

}  // namespace fairlead::exchange
