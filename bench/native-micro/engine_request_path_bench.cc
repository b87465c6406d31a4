// The path of a request through one worker, from accept to answer, over loopback sockets and on one thread: client, proxy
// and server take turns in one loop. It prints nothing but how many requests went through; what they cost is counted
// from outside (bench/instructions.ts runs it under cachegrind, twice, and divides the difference).
//
// usage: engine_request_path_bench keep-alive|connection COUNT
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "accept/listener.h"
#include "exchange/connection.h"
#include "exchange/worker.h"
#include "test/support/native/snapshot_writer.h"

namespace fairlead {
namespace {

// What bench/native/request.c and origin.c send in S1 and S3.
constexpr std::string_view kFields =
    "User-Agent: bench\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\nAccept-Language: en\r\n";
constexpr std::string_view kResponseHead =
    "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 1024\r\n\r\n";
// As many as a worker has in a turn under load, so that a turn costs what it costs there.
constexpr int kClients = 16;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int check(int result, const char* what) {
  if (result < 0) die(what);
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int listen_on(std::uint16_t& port) {
  const int fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  const int on = 1;
  check(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  check(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), "bind");
  check(::listen(fd, 128), "listen");
  check(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port = ntohs(address.sin_port);
  return fd;
}

struct EverybodyIsIn final : exchange::Shared {
  bool everywhere(std::uint64_t) const override { return true; }
  void connection_ended(std::uint32_t, const net::IpAddress&) override {}
  stats::Pressure& pressure() override { return account; }
  void server_changed(std::string_view, const upstream::ServerReport&) override {}

  stats::Pressure account;
};

/// A descriptor whose owner is called when it is readable.
class Watched {
 public:
  Watched(loop::Loop& loop, int fd) : loop_(loop), descriptor_(fd), waiter_(ready) {
    waiter_.owner = this;
    descriptor_.reader = &waiter_;
    if (!loop.watch(descriptor_)) die("epoll_ctl");
  }
  virtual ~Watched() {
    loop_.forget(descriptor_);
    ::close(descriptor_.fd());
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 protected:
  int fd() const { return descriptor_.fd(); }
  void send(std::string_view bytes) {
    if (::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) die("send");
  }
  /// Bytes received, 0 at the end, -1 when there is nothing.
  ssize_t receive(char* into, std::size_t size) {
    const ssize_t got = ::recv(fd(), into, size, MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN) die("recv");
    return got;
  }

 private:
  struct Ready : loop::Waiter {
    using Waiter::Waiter;
    Watched* owner = nullptr;
  };
  static void ready(loop::Waiter& waiter) { static_cast<Ready&>(waiter).owner->on_readable(); }
  virtual void on_readable() = 0;

  loop::Loop& loop_;
  loop::Descriptor descriptor_;
  Ready waiter_;
};

/// Answers each request, which comes in one piece.
class ServerConnection final : public Watched {
 public:
  ServerConnection(loop::Loop& loop, int fd, const std::string& response) : Watched(loop, fd), response_(response) {}

 private:
  void on_readable() override {
    char room[4096];
    if (receive(room, sizeof(room)) > 0) send(response_);
  }

  const std::string& response_;
};

class Server final : public accept::Receiver {
 public:
  explicit Server(loop::Loop& loop) : loop_(loop), fd_(listen_on(port_)) {}
  std::uint16_t port() const { return port_; }
  void start() {
    listener_ = std::make_unique<accept::Listener>(loop_, fd_, *this, 0);
    if (!listener_->start()) die("listen");
  }

 private:
  void take(std::uint32_t, int fd, const net::Endpoint&) override {
    connections_.push_back(std::make_unique<ServerConnection>(loop_, fd, response_));
  }
  void out_of_descriptors(bool) override { die("accept"); }

  loop::Loop& loop_;
  std::uint16_t port_ = 0;
  int fd_;
  std::string response_ = std::string(kResponseHead) + std::string(1024, 'x');
  std::unique_ptr<accept::Listener> listener_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
};

/// What all clients share.
struct Load {
  loop::Loop& loop;
  std::uint16_t port;
  long left;
  int active = 0;
  bool closes;
  std::string request;
};

int connected(std::uint16_t port) {
  const int fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in address = loopback(port);
  check(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "connect");
  return fd;
}

/// Asks again and again, on one connection or on one each.
class Client final : public Watched {
 public:
  explicit Client(Load& load) : Watched(load.loop, connected(load.port)), load_(load) { ask(); }

  /// Starts one if there is anything left to ask for.
  static void start(Load& load) {
    if (load.left == 0) return;
    ++load.active;
    new Client(load);
  }

 private:
  void ask() {
    --load_.left;
    got_ = 0;
    send(load_.request);
  }
  void on_readable() override {
    char room[4096];
    ssize_t got;
    do {
      got = receive(room, sizeof(room));
      if (got > 0) got_ += static_cast<std::size_t>(got);
    } while (load_.closes && got > 0);
    const bool over = load_.closes ? got == 0 : got_ > 1024;
    if (!over) return;
    if (got_ <= 1024 || std::string_view(room, 12) != "HTTP/1.1 200") die("response");
    if (!load_.closes && load_.left > 0) return ask();
    Load& load = load_;
    delete this;
    --load.active;
    if (load.closes) start(load);
    if (load.active == 0) load.loop.stop();
  }

  Load& load_;
  std::size_t got_ = 0;
};

class Entrance final : public accept::Receiver {
 public:
  explicit Entrance(exchange::Worker& worker) : worker_(worker) {}
  void take(std::uint32_t, int fd, const net::Endpoint& client) override {
    exchange::Connection::accept(worker_, 0, fd, client);
  }
  void out_of_descriptors(bool) override { die("accept"); }

 private:
  exchange::Worker& worker_;
};

int run(bool closes, long count) {
  net::ResolverThreads resolver{net::system_look_up};
  net::CanonicalThreads canonical{[](const std::string&) { return net::CanonicalName{}; }};
  EverybodyIsIn shared;
  const auto log = exchange::AccessLog::create();
  exchange::Worker worker(0, 1, 1 << 20, resolver, canonical, shared, *log);
  Server server(worker.loop);

  test::SnapshotSpec spec;
  spec.max_idle = 2 * kClients;
  spec.services[0].servers.push_back({.port = server.port(), .identity = 11});
  std::string fault;
  auto bytes = exchange::SnapshotBytes::verify(test::SnapshotWriter(spec).bytes(), fault);
  std::vector<std::string> faults;
  exchange::SharedStates states;
  worker.install(exchange::Plan::build(std::move(bytes), {states, nullptr, nullptr}, faults));

  Entrance entrance(worker);
  std::uint16_t port = 0;
  const int fd = listen_on(port);
  accept::Listener listener(worker.loop, fd, entrance, 0);
  if (!listener.start()) die("listen");
  server.start();

  std::string request = "GET /item HTTP/1.1\r\nHost: example.test\r\n" + std::string(kFields);
  request += closes ? "Connection: close\r\n\r\n" : "\r\n";
  Load load{worker.loop, port, count, 0, closes, std::move(request)};
  for (int i = 0; i < kClients; ++i) Client::start(load);
  worker.loop.run();
  std::printf("%ld requests\n", static_cast<long>(worker.counters.get(stats::Counter::kResponses2xx)));
  const bool all = worker.counters.get(stats::Counter::kResponses2xx) == static_cast<std::uint64_t>(count);
  worker.cut();
  worker.plan = {};
  return all ? 0 : 1;
}

}  // namespace
}  // namespace fairlead

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  const long count = argc == 3 ? std::atol(argv[2]) : 0;
  if ((what != "keep-alive" && what != "connection") || count <= 0) {
    std::fputs("usage: engine_request_path_bench keep-alive|connection COUNT\n", stderr);
    return 64;
  }
  return fairlead::run(what == "connection", count);
}
