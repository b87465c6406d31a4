#include "exchange/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

/// Awaitable: until `task` has ended or the descriptor hangs up. False: hung up; the caller cancels the task.
class UnlessHungUp {
 public:
  UnlessHungUp(loop::Loop& loop, loop::Descriptor& descriptor, loop::Task<Outcome>& task)
      : loop_(loop), descriptor_(descriptor), task_(task) {}
  ~UnlessHungUp() {
    if (descriptor_.watcher == &waiter_) descriptor_.watcher = nullptr;
  }
  UnlessHungUp(const UnlessHungUp&) = delete;
  UnlessHungUp& operator=(const UnlessHungUp&) = delete;

  bool await_ready() const { return descriptor_.hangup; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    waiter_.handle = awaiting;
    descriptor_.watcher = &waiter_;
    loop_.watch(descriptor_);
    task_.handle().promise().continuation = awaiting;
    return task_.handle();
  }
  bool await_resume() const { return task_.done(); }

 private:
  loop::Loop& loop_;
  loop::Descriptor& descriptor_;
  loop::Task<Outcome>& task_;
  loop::Waiter waiter_;
};

}  // namespace

void Connection::accept(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client,
                        const net::Endpoint& local) {
  auto* connection = new Connection(worker, entry_point, fd, client, local);
  connection->task_ = connection->run();
  connection->task_.start();
}

Connection::Connection(Worker& worker, std::uint32_t entry_point, int fd, const net::Endpoint& client,
                       const net::Endpoint& local)
    : worker_(worker),
      entry_point_(entry_point),
      since_(worker.loop.now()),
      idle_since_(since_),
      stream_(worker.loop, worker.scratch, fd),
      codec_(stream_, worker.buffers),
      reaper_([](loop::Waiter& waiter) { delete static_cast<Reaper&>(waiter).owner; }) {
  reaper_.owner = this;
  peer_.client = client;
  peer_.local = local;
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
  if (!busy_) {
    if (quiet()) delete this;
    return;
  }
  // A client that was not told may send its next request at any time: it gets that one answered as well.
  if (!codec_.head_written()) codec_.close_after_response();
}

bool Connection::quiet() {
  if (busy_ || worker_.loop.now() - idle_since_ < kQuiet) return false;
  // On a busy machine a request may wait for longer than that in the socket, before its event is even looked at.
  char byte;
  const int fd = stream_.descriptor().fd();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::uint64_t Connection::held_bytes() const {
  return stream_.held_bytes() + codec_.held_bytes() + (exchange_ == nullptr ? 0 : exchange_->held_bytes());
}

void Connection::abort() {
  stream_.abort();
  delete this;
}

/// The whole life. The frame belongs to the object, so the object is deleted after the frame has come to rest.
loop::Task<void> Connection::run() {
  const bool secured = co_await handshake();
  if (secured) co_await serve();
  stream_.close();
  worker_.loop.make_ready(reaper_, loop::Wake::kReady);
}

loop::Task<bool> Connection::handshake() {
  const LocalRef<WorkerPlan> plan = worker_.plan;
  const tls::ServerContext* context = plan->plan().server_tls(entry_point_);
  if (context == nullptr) co_return true;
  busy_ = true;
  if (!settings().plain_routers.empty()) {
    const bool tls = co_await speaks_tls();
    if (!stream_.open()) co_return false;
    if (!tls) co_return true;
  }
  char address[INET6_ADDRSTRLEN];
  std::string_view local;
  if (context->names_addresses()) local = net::local_endpoint(stream_.descriptor().fd()).ip.format(address);
  std::unique_ptr<tls::ServerSession> session = context->accept(local);
  if (session == nullptr) co_return false;
  const tls::ServerSession& facts = *session;
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
  peer_.server_name = facts.server_name();
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

loop::Task<void> Connection::serve() {
  for (;;) {
    busy_ = true;
    const After after = co_await serve_one();
    if (after == After::kTunnel) co_await tunnel();
    if (after == After::kTunnel || after == After::kClose) co_return;
    const bool waits = after == After::kIdle || (!codec_.has_received() && !stream_.maybe_readable());
    if (!waits) continue;
    const bool woken = co_await wait_idle();
    if (!woken) co_return;
  }
}

loop::Task<bool> Connection::wait_idle() {
  busy_ = false;
  idle_since_ = worker_.loop.now();
  const Nanos limit = served_ == 0 ? settings().head_timeout : settings().idle_timeout;
  move_to(worker_.idle);
  const loop::Wake wake = co_await stream_.readable(limit == 0 ? 0 : worker_.loop.now() + limit);
  move_to(worker_.connections);
  co_return wake == loop::Wake::kReady;
}

void Connection::move_to(IntrusiveList<Connection>& list) {
  unlink();
  list.push_back(*this);
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

loop::Task<Connection::After> Connection::serve_one() {
  alignas(16) std::array<std::byte, kArenaBytes> memory;
  Arena arena(memory);
  Exchange exchange(worker_, entry_point_, peer_, codec_, arena);
  const Pointing in_progress(exchange_, exchange);
  const wire::EntryPoint& limits = settings();
  const codec::http1::HeadLimits head_limits{limits.max_header_bytes, limits.max_header_bytes,
                                             limits.max_header_fields};
  const Nanos deadline = limits.head_timeout == 0 ? 0 : worker_.loop.now() + limits.head_timeout;
  const auto head = co_await codec_.read_head(exchange.request, head_limits, deadline);
  if (head == codec::http1::HeadResult::kNothing) co_return After::kIdle;
  if (head == codec::http1::HeadResult::kClosed) co_return After::kClose;
  ++served_;
  exchange.begin();
  if (!allows_next()) codec_.close_after_response();
  codec_.set_write_stall(limits.write_timeout == 0 ? kWriteStall : limits.write_timeout);
  loop::Task<Outcome> task = answer(exchange, head);
  const bool ended = co_await UnlessHungUp(worker_.loop, stream_.descriptor(), task);
  Outcome outcome = Outcome::kCut;
  if (ended) {
    outcome = task.take();
  } else {
    task.cancel();
    exchange.client_gone();
  }
  if (outcome == Outcome::kUpgraded) {
    tunnel_peer_ = exchange.take_tunnel(tunnel_first_);
    co_return After::kTunnel;
  }
  if (outcome == Outcome::kCut) {
    stream_.abort();
    co_return After::kClose;
  }
  if (!codec_.reusable()) {
    // Closing under bytes that have not been read, or come later, sends RST, which may overtake the response. close() is
    // clean when none are left and the client itself has said that none will come.
    const bool all_read = codec_.body_finished() && !codec_.has_received();
    if (!all_read || exchange.request.keep_alive) {
      co_await linger();
    } else if (peer_.tls) {
      stream_.say_goodbye();
    }
    co_return After::kClose;
  }
  codec_.end_exchange();
  co_return After::kNext;
}

/// Turns what came of reading the head into an answer.
loop::Task<Outcome> Connection::answer(Exchange& exchange, codec::http1::HeadResult head) {
  Outcome outcome = Outcome::kCut;
  if (head == codec::http1::HeadResult::kTimeout) {
    codec_.close_after_response();
    outcome = co_await exchange.refuse(Reason::kHeadTimeout, "head_timeout");
    co_return outcome;
  }
  codec::HeadFault fault = codec_.fault();
  if (head == codec::http1::HeadResult::kRequest) {
    const codec::TargetRules rules{settings().sanitize_path, settings().encode_query_semicolons};
    fault = codec::normalise_target(exchange.request, rules, exchange.request.headers.arena());
  }
  if (fault != codec::HeadFault::kNone) {
    codec_.close_after_response();
    outcome = co_await exchange.refuse(codec::reason_of(fault), codec::head_fault_name(fault));
    co_return outcome;
  }
  outcome = co_await exchange.run();
  co_return outcome;
}

loop::Task<void> Connection::tunnel() {
  const Gauge active(worker_.counters, Counter::kUpgradesActive);
  codec_.end_exchange();
  net::Buffer from_client = codec_.take_received();
  co_await run_tunnel(worker_, stream_, std::move(from_client), tunnel_peer_->stream, std::move(tunnel_first_));
}

loop::Task<void> Connection::linger() {
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
