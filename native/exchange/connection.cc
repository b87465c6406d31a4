#include "exchange/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "codec/target.h"
#include "exchange/exchange.h"
#include "exchange/tunnel.h"
#include "net/socket.h"

namespace fairlead::exchange {
namespace {

using stats::Counter;

// A client that takes nothing of a response for this long is cut when writeTimeout sets no limit: a connection that
// makes no progress holds buffers and an upstream connection.
constexpr Nanos kWriteStall = 60 * kSecond;
// After our FIN, how long the client may take to see it before the socket is closed under unread bytes.
constexpr Nanos kLinger = 2 * kSecond;
// A client that was answered less than this ago may have sent its next request already: closing now would lose it.
constexpr Nanos kQuiet = kSecond;
// Requests of an exchange seldom need more; beyond it the arena takes blocks from the heap.
constexpr std::size_t kArenaBytes = 3072;
// An exchange that takes longer than this has its client's socket watched, in case the client gives up. Most are over
// before, and on a connection of its own each is spared two system calls.
constexpr Nanos kWatchAfter = 5 * kMillisecond;

/// One more of something as long as this lives, also when its coroutine is cancelled.
class Gauge {
 public:
  Gauge(stats::Counters& counters, Counter counter) : counters_(counters), counter_(counter) {
    counters_.add(counter_);
  }
  ~Gauge() { counters_.subtract(counter_); }
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;

 private:
  stats::Counters& counters_;
  Counter counter_;
};

codec::http1::HeadLimits head_limits(const wire::EntryPoint& limits) {
  return {limits.max_header_bytes, limits.max_header_bytes, limits.max_header_fields};
}

/// A pointer that is set as long as what it points at lives.
class Pointing {
 public:
  Pointing(const Exchange*& pointer, const Exchange& target) : pointer_(pointer) { pointer_ = &target; }
  ~Pointing() { pointer_ = nullptr; }
  Pointing(const Pointing&) = delete;
  Pointing& operator=(const Pointing&) = delete;

 private:
  const Exchange*& pointer_;
};

}  // namespace

/// While it lives, a client that hangs up ends its connection, whatever the exchange waits for.
class Connection::HangupWatch : loop::Waiter {
 public:
  HangupWatch(Connection& connection, Exchange& exchange)
      : Waiter(on_hangup), connection_(connection), exchange_(exchange) {
    loop::Descriptor& descriptor = connection.stream_.descriptor();
    descriptor.watcher = this;
    if (!descriptor.watched()) {
      loop::Loop& loop = connection.worker_.loop;
      loop.timers().arm(connection.alarm_, loop.now() + kWatchAfter);
    }
  }
  ~HangupWatch() {
    connection_.stream_.descriptor().watcher = nullptr;
    connection_.alarm_.unlink();
  }

 private:
  static void on_hangup(loop::Waiter& waiter) {
    Connection& connection = static_cast<HangupWatch&>(waiter).connection_;
    static_cast<HangupWatch&>(waiter).exchange_.client_gone();
    connection.abort();  // and with it goes the frame in which this watch lives
  }

  Connection& connection_;
  Exchange& exchange_;
};

/// The other side of a tunnel, and what either side has sent already.
struct Connection::Upgrade {
  std::unique_ptr<upstream::Connection> server;
  net::Buffer from_client;
  net::Buffer from_server;
  /// Of the limit of the service, which outlives its plan with it.
  std::shared_ptr<Limit> limit;
  Slot slot;
};

void Connection::accept(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client) {
  auto* connection = new Connection(worker, entry_point, fd, client);
  const bool encrypts = worker.plan->plan().server_tls(entry_point) != nullptr;
  connection->run(encrypts ? connection->handshake() : connection->serve());
}

Connection::Connection(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client)
    : worker_(worker),
      entry_point_(entry_point),
      since_(worker.loop.now()),
      idle_since_(since_),
      stream_(worker.loop, worker.scratch, fd),
      event_(on_event),
      alarm_(on_alarm) {
  event_.owner = this;
  alarm_.owner = this;
  peer_.client = client;
  peer_.client_text = client.ip.format(client_text_);
  worker_.connections.push_back(*this);
  worker_.counters.add(Counter::kConnectionsAccepted);
  worker_.counters.add(Counter::kConnectionsOpen);
}

Connection::~Connection() {
  task_.cancel();
  worker_.counters.subtract(Counter::kConnectionsOpen);
  worker_.shared.connection_ended(entry_point_, peer_.client.ip);
}

const wire::EntryPoint& Connection::settings() const {
  return worker_.plan->plan().snapshot().entry_points[entry_point_];
}

void Connection::drain() {
  if (!busy()) {
    if (quiet()) delete this;
    return;
  }
  // A client that was not told may send its next request at any time: it gets that one answered as well.
  if (codec_ != nullptr && !codec_->head_written()) codec_->close_after_response();
}

bool Connection::quiet() {
  if (busy() || worker_.loop.now() - idle_since_ < kQuiet) return false;
  // On a busy machine a request may wait for longer than that in the socket, before its event is even looked at.
  char byte;
  const int fd = stream_.descriptor().fd();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::uint64_t Connection::held_bytes() const {
  return stream_.held_bytes() + (codec_ == nullptr ? 0 : codec_->held_bytes()) +
         (exchange_ == nullptr ? 0 : exchange_->held_bytes());
}

void Connection::abort() {
  stream_.abort();
  delete this;
}

void Connection::move_to(IntrusiveList<Connection>& list) {
  unlink();
  list.push_back(*this);
}

void Connection::on_event(loop::Waiter& waiter) {
  Connection& self = *static_cast<Event&>(waiter).owner;
  if (self.busy()) return self.go_on();
  self.stream_.descriptor().reader = nullptr;
  self.alarm_.unlink();
  self.move_to(self.worker_.connections);
  self.run(self.serve());
}

void Connection::on_alarm(loop::Timer& timer) {
  Connection& self = *static_cast<Alarm&>(timer).owner;
  if (self.busy()) {
    // A client that has gone already is reported at once.
    self.worker_.loop.watch(self.stream_.descriptor());
  } else {
    delete &self;
  }
}

void Connection::run(loop::Task<void> task) {
  task_ = std::move(task);
  task_.start();
}

/// The last thing that a task does. Its frame must come to rest before it can be given back.
void Connection::end_task(After after) {
  after_ = after;
  worker_.loop.make_ready(event_, loop::Wake::kReady);
}

void Connection::go_on() {
  task_.cancel();
  switch (after_) {
    case After::kServe:
      return run(serve());
    case After::kTunnel:
      return run(tunnel());
    case After::kIdle:
      return rest();
    case After::kClose:
      delete this;
      return;
  }
}

void Connection::rest() {
  loop::Descriptor& descriptor = stream_.descriptor();
  // Out of memory for watches: better closed than never heard again.
  if (!worker_.loop.watch(descriptor)) {
    delete this;
    return;
  }
  idle_since_ = worker_.loop.now();
  move_to(worker_.idle);
  descriptor.reader = &event_;
  const Nanos limit = served_ == 0 ? settings().head_timeout : settings().idle_timeout;
  if (limit != 0) worker_.loop.timers().arm(alarm_, idle_since_ + limit);
}

loop::Task<void> Connection::handshake() {
  const LocalRef<WorkerPlan> plan = worker_.plan;
  const tls::ServerContext& context = *plan->plan().server_tls(entry_point_);
  bool encrypts = true;
  if (!settings().plain_routers.empty()) encrypts = co_await speaks_tls();
  bool serves = stream_.open();
  if (serves && encrypts) serves = co_await secure(context);
  end_task(serves ? After::kServe : After::kClose);
}

loop::Task<bool> Connection::secure(const tls::ServerContext& context) {
  char address[INET6_ADDRSTRLEN];
  std::string_view local;
  if (context.names_addresses()) local = net::local_endpoint(stream_.descriptor().fd()).ip.format(address);
  std::unique_ptr<tls::ServerSession> session = context.accept(local);
  if (session == nullptr) co_return false;
  const tls::ServerSession& facts = *session;
  const LocalRef<WorkerPlan> plan = worker_.plan;
  const Nanos limit = settings().handshake_timeout;
  const net::IoResult done =
      co_await stream_.handshake(std::move(session), limit == 0 ? 0 : worker_.loop.now() + limit);
  if (!done.ok()) {
    worker_.counters.add(Counter::kTlsFailures);
    worker_.counters.add(stats::reason_counter(Reason::kTlsHandshake));
    stream_.shutdown_write();
    co_return false;
  }
  worker_.counters.add(Counter::kTlsHandshakes);
  if (facts.resumed()) worker_.counters.add(Counter::kTlsResumed);
  peer_.tls = true;
  peer_.tls_version = facts.version();
  peer_.tls_cipher = facts.cipher();
  peer_.tls_options = hash_bytes(plan->plan().snapshot().tls_options[facts.options()].name);
  co_return true;
}

/// Looks at the first byte on an entry point that serves both (Traefik does the same: 0x16 starts a TLS handshake).
loop::Task<bool> Connection::speaks_tls() {
  const Nanos limit = settings().head_timeout;
  const Nanos deadline = limit == 0 ? 0 : worker_.loop.now() + limit;
  for (;;) {
    unsigned char first = 0;
    const ssize_t got = ::recv(stream_.descriptor().fd(), &first, 1, MSG_PEEK);
    if (got == 1) co_return first == 0x16 || first == 0x80;
    if (got == 0) break;
    stream_.descriptor().readable = false;
    const loop::Wake wake = co_await stream_.readable(deadline);
    if (wake != loop::Wake::kReady) break;
  }
  stream_.close();
  co_return false;
}

bool Connection::allows_next() const {
  const wire::EntryPoint& limits = settings();
  if (worker_.draining) return false;
  if (worker_.stage >= stats::Stage::kNoKeepAlive) {
    worker_.counters.add(Counter::kOverloadKeepaliveEnded);
    return false;
  }
  if (limits.keep_alive_max_requests > 0 && served_ >= limits.keep_alive_max_requests) return false;
  return limits.keep_alive_max_time == 0 || worker_.loop.now() - since_ < limits.keep_alive_max_time;
}

loop::Task<void> Connection::serve() {
  codec::http1::ServerStream codec(stream_, worker_.buffers);
  codec_ = &codec;
  After after = After::kServe;
  while (after == After::kServe) {
    alignas(16) std::byte memory[kArenaBytes];
    Arena arena(memory);
    Exchange exchange(worker_, entry_point_, peer_, codec, arena);
    const Pointing in_progress(exchange_, exchange);
    const wire::EntryPoint& limits = settings();
    const Nanos deadline = limits.head_timeout == 0 ? 0 : worker_.loop.now() + limits.head_timeout;
    const codec::http1::HeadResult head = co_await codec.read_head(exchange.request, head_limits(limits), deadline);
    if (head == codec::http1::HeadResult::kNothing || head == codec::http1::HeadResult::kClosed) {
      after = head == codec::http1::HeadResult::kNothing ? After::kIdle : After::kClose;
      break;
    }
    ++served_;
    exchange.begin(since_, served_);
    if (!allows_next()) codec.close_after_response();
    codec.set_write_stall(limits.write_timeout == 0 ? kWriteStall : limits.write_timeout);
    Outcome outcome = Outcome::kCut;
    if (stream_.descriptor().hangup) {
      exchange.client_gone();
    } else {
      const HangupWatch watch(*this, exchange);
      outcome = co_await answer(exchange, head);
    }
    exchange.log();
    if (outcome == Outcome::kUpgraded) {
      after = upgrade(exchange);
    } else if (outcome == Outcome::kCut) {
      stream_.abort();
      after = After::kClose;
    } else if (!codec.reusable()) {
      co_await close_gently(exchange.request.keep_alive);
      after = After::kClose;
    } else {
      codec.end_exchange();
      after = codec.has_received() || stream_.maybe_readable() ? After::kServe : After::kIdle;
    }
  }
  codec_ = nullptr;
  end_task(after);
}

/// Turns what came of reading the head into an answer.
loop::Soon<Outcome> Connection::answer(Exchange& exchange, codec::http1::HeadResult head) {
  if (head == codec::http1::HeadResult::kTimeout) {
    codec_->close_after_response();
    return exchange.refuse(Reason::kHeadTimeout, "head_timeout");
  }
  codec::HeadFault fault = codec_->fault();
  if (head == codec::http1::HeadResult::kRequest) {
    const codec::TargetRules rules{settings().sanitize_path, settings().encode_query_semicolons};
    fault = codec::normalise_target(exchange.request, rules, exchange.request.headers.arena());
  }
  if (fault != codec::HeadFault::kNone) {
    codec_->close_after_response();
    return exchange.refuse(codec::reason_of(fault), codec::head_fault_name(fault));
  }
  return exchange.run();
}

Connection::After Connection::upgrade(Exchange& exchange) {
  upgrade_ = std::make_unique<Upgrade>();
  upgrade_->server = exchange.take_tunnel(upgrade_->from_server);
  upgrade_->slot = exchange.take_slot();
  if (Limit* const limit = upgrade_->slot.limit(); limit != nullptr) upgrade_->limit = limit->shared_from_this();
  codec_->end_exchange();
  upgrade_->from_client = codec_->take_received();
  return After::kTunnel;
}

loop::Task<void> Connection::tunnel() {
  const Gauge active(worker_.counters, Counter::kUpgradesActive);
  const std::unique_ptr<Upgrade> both = std::move(upgrade_);
  co_await run_tunnel(worker_, stream_, std::move(both->from_client), both->server->stream,
                      std::move(both->from_server));
  end_task(After::kClose);
}

/// Closing under bytes that have not been read, or come later, sends RST, which may overtake the response. close() is
/// clean when none are left and the client itself has said that none will come.
loop::Task<void> Connection::close_gently(bool client_keeps_alive) {
  const bool all_read = codec_->body_finished() && !codec_->has_received();
  if (all_read && !client_keeps_alive) {
    if (peer_.tls) stream_.say_goodbye();
    co_return;
  }
  stream_.shutdown_write();
  const Nanos deadline = worker_.loop.now() + kLinger;
  net::Buffer sink = worker_.buffers.small();
  while (worker_.loop.now() < deadline) {
    sink.clear();
    const net::IoResult got = co_await stream_.read(sink.tail(), deadline);
    if (!got.ok()) co_return;
  }
}

}  // namespace fairlead::exchange
