// A client's connection: handshake, then one exchange after the other, until either side has had enough.
#pragma once

#include <cstdint>
#include <memory>

#include "base/intrusive_list.h"
#include "codec/http1/server_stream.h"
#include "codec/message.h"
#include "exchange/exchange.h"
#include "exchange/worker.h"
#include "loop/task.h"
#include "net/stream.h"
#include "tls/server.h"

namespace fairlead::exchange {

/// Owns the socket; lives in its worker's list, and is deleted by its reaper after its task has ended.
class Connection : public ListLink {
 public:
  /// Takes over an accepted socket and starts serving it.
  static void accept(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client,
                     const net::Endpoint& local);
  ~Connection();

  Worker& worker() { return worker_; }
  net::Stream& stream() { return stream_; }
  const codec::Peer& peer() const { return peer_; }
  std::uint32_t entry_point() const { return entry_point_; }
  /// An exchange or a tunnel is in progress.
  bool busy() const { return busy_; }
  /// It has waited for a request for so long that none is on its way.
  bool quiet() const;
  /// Bytes in buffers on behalf of this client, on both sides.
  std::uint64_t held_bytes() const;
  /// Ends it at once with a reset, whatever is in progress. Not from within its own task.
  void abort();
  /// Lets the connection end: with its next response, if that can still say so, or once it has been idle for a while, so
  /// that no request is on its way. To be called again and again.
  void drain();

 private:
  enum class After : std::uint8_t { kNext, kIdle, kClose, kTunnel };

  struct Reaper : loop::Waiter {
    using Waiter::Waiter;
    Connection* owner = nullptr;
  };

  Connection(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client,
             const net::Endpoint& local);

  const wire::EntryPoint& settings() const;
  loop::Task<void> run();
  loop::Task<bool> handshake();
  loop::Task<bool> speaks_tls();
  loop::Task<void> serve();
  /// Waits for the first byte of a request. False: close.
  loop::Task<bool> wait_idle();
  /// Reads one request and answers it.
  loop::Task<After> serve_one();
  loop::Task<Outcome> answer(Exchange& exchange, codec::http1::HeadResult head);
  loop::Task<void> tunnel();
  /// Closes so that the last response is not lost: our FIN first, then the client's.
  loop::Task<void> linger();
  bool allows_next() const;
  void move_to(IntrusiveList<Connection>& list);

  Worker& worker_;
  std::uint32_t entry_point_;
  std::uint32_t served_ = 0;
  bool busy_ = false;
  const Exchange* exchange_ = nullptr;  // while one is in progress
  Nanos since_;
  Nanos idle_since_;
  net::Stream stream_;
  codec::Peer peer_;
  codec::http1::ServerStream codec_;
  /// The other side of a tunnel once an upgrade has succeeded, and what the server has sent already.
  std::unique_ptr<upstream::Connection> tunnel_peer_;
  net::Buffer tunnel_first_;
  char client_text_[46];
  Reaper reaper_;
  loop::Task<void> task_;
};

}  // namespace fairlead::exchange
