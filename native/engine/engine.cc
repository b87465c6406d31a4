#include "engine/engine.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "engine/control.h"
#include "engine/events.h"
#include "engine/worker_thread.h"
#include "exchange/plan.h"
#include "net/socket.h"

namespace fairlead::engine {
namespace {

constexpr std::uint32_t kMostWorkers = 64;
// Connections that may wait for a worker; the kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 4096;
// Entry points beyond this many share counters; nobody has as many.
constexpr std::size_t kCountedEntryPoints = 256;
// How often a drain looks whether it is done.
constexpr Nanos kDrainPoll = 20 * kMillisecond;

/// A listening socket that has not been handed to its worker yet.
struct OpenSocket {
  std::uint32_t entry_point;
  std::uint32_t worker;
  int fd;
};

class EngineImpl final : public Engine, private exchange::Shared {
 public:
  EngineImpl(const Options& options, Waker& waker)
      : options_(options), events_(waker), log_(exchange::AccessLog::create()), ticket_keys_(tls::make_ticket_keys()) {
    const std::uint32_t workers = std::clamp(options.workers, 1U, kMostWorkers);
    for (std::uint32_t i = 0; i < workers; ++i) {
      workers_.push_back(std::make_unique<WorkerThread>(
          WorkerSetup{i, workers, options.idle_buffer_bytes, options.poll_microseconds, resolver_, *this, *log_}));
    }
  }
  ~EngineImpl() override { close(); }

  bool start() override {
    if (started_) return false;
    started_ = true;
    log_->start();
    for (auto& worker : workers_) worker->start();
    control_.start();
    return true;
  }

  void apply(std::span<const std::byte> bytes) override {
    control_.post([this, copy = std::vector<std::byte>(bytes.begin(), bytes.end())] { install(copy); });
  }

  std::vector<std::string> check(std::span<const std::byte> bytes) override {
    std::string fault;
    std::vector<std::string> faults;
    auto snapshot = exchange::SnapshotBytes::verify(bytes, fault);
    if (snapshot == nullptr) return {fault};
    exchange::SharedStates states;
    exchange::Plan::build(std::move(snapshot), {states, ticket_keys_, nullptr}, faults);
    return faults;
  }

  void drain(Nanos grace, Nanos limit) override {
    for (auto& worker : workers_) worker->post([](WorkerThread& thread) { thread.worker().stopping = true; });
    control_.post([this, limit] { begin_drain(limit); }, grace);
  }

  void reopen_logs() override {
    control_.post([this] { log_->reopen(); });
  }

  std::size_t read_stats(std::span<std::uint64_t> into) override {
    const std::size_t count = std::min(into.size(), stats::kCounterCount);
    std::fill_n(into.begin(), count, 0);
    for (const auto& worker : workers_) {
      for (std::size_t i = 0; i < count; ++i) into[i] += worker->counters().get(static_cast<stats::Counter>(i));
    }
    const auto written = static_cast<std::size_t>(stats::Counter::kAccessLogLines);
    const auto dropped = static_cast<std::size_t>(stats::Counter::kAccessLogDropped);
    if (std::max(written, dropped) < count) {
      // Workers count what they queue; of that, the writer may have had to give up some.
      const std::uint64_t lost = log_->lost();
      into[written] -= std::min(lost, into[written]);
      into[dropped] += lost;
    }
    const auto snapshots = static_cast<std::size_t>(stats::Counter::kSnapshotsLive);
    if (snapshots < count) into[snapshots] = live_plans();
    return count;
  }

  std::string events() override { return events_.take(); }

  void close() override {
    if (closed_) return;
    closed_ = true;
    control_.stop();
    for (auto& worker : workers_) worker->stop();
    resolver_.stop();
    if (started_) log_->stop();
    current_.reset();
  }

 private:
  // exchange::Shared, called by workers.
  bool everywhere(std::uint64_t generation) const override {
    return installed_.load(std::memory_order_acquire) >= generation;
  }
  bool admit_connection(std::uint32_t entry_point, std::uint32_t limit) override {
    std::atomic<std::uint32_t>& here = entry_point_connections_[entry_point % kCountedEntryPoints];
    const std::uint32_t others = connections_.fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t others_here = here.fetch_add(1, std::memory_order_relaxed);
    if (others < options_.max_connections && (limit == 0 || others_here < limit)) return true;
    connection_ended(entry_point);
    return false;
  }
  void connection_ended(std::uint32_t entry_point) override {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    entry_point_connections_[entry_point % kCountedEntryPoints].fetch_sub(1, std::memory_order_relaxed);
  }

  // Control thread from here on.

  void reject(std::uint64_t generation, std::string_view code, std::string_view message) {
    Event event("applyFailed");
    event.number("generation", generation).text("code", code).text("message", message);
    events_.push(std::move(event));
  }

  void install(const std::vector<std::byte>& bytes) {
    std::string fault;
    auto snapshot = exchange::SnapshotBytes::verify(bytes, fault);
    if (snapshot == nullptr) return reject(0, "SNAPSHOT", fault);
    const std::uint64_t generation = snapshot->root().generation;
    std::vector<std::string> faults;
    std::shared_ptr<const exchange::Plan> plan =
        exchange::Plan::build(std::move(snapshot), {states_, ticket_keys_, current_.get()}, faults);
    for (const std::string& text : faults) {
      Event event("fault");
      event.number("generation", generation).text("message", text);
      events_.push(std::move(event));
    }
    if (plan == nullptr) return reject(generation, "PLAN", "nothing of the snapshot can run");
    if (!open_log(plan->snapshot().access_log, fault)) return reject(generation, "ACCESS_LOG", fault);
    std::vector<OpenSocket> sockets;
    if (current_ == nullptr) {
      if (!open_listeners(plan->snapshot(), sockets, fault)) return reject(generation, "BIND", fault);
    } else if (!same_entry_points(current_->snapshot(), plan->snapshot())) {
      return reject(generation, "RESTART", "entry points cannot change while running");
    }
    swap(std::move(plan), sockets);
  }

  bool open_log(const wire::AccessLog& config, std::string& fault) {
    if (!config.enabled) return true;
    const std::string path(config.path.view());
    if (log_open_ && path == log_path_) return true;
    if (!log_->open(path, fault)) return false;
    log_open_ = true;
    log_path_ = path;
    return true;
  }

  static bool same_entry_points(const wire::Snapshot& a, const wire::Snapshot& b) {
    return std::equal(a.entry_points.begin(), a.entry_points.end(), b.entry_points.begin(), b.entry_points.end(),
                      [](const wire::EntryPoint& x, const wire::EntryPoint& y) {
                        return x.name.view() == y.name.view() && x.host.view() == y.host.view() && x.port == y.port;
                      });
  }

  bool open_listeners(const wire::Snapshot& root, std::vector<OpenSocket>& sockets, std::string& fault) {
    for (std::uint32_t i = 0; i < root.entry_points.size(); ++i) {
      if (open_entry_point(root.entry_points[i], i, sockets, fault)) continue;
      for (const OpenSocket& socket : sockets) ::close(socket.fd);
      return false;
    }
    return true;
  }

  bool open_entry_point(const wire::EntryPoint& entry_point, std::uint32_t index, std::vector<OpenSocket>& sockets,
                        std::string& fault) {
    net::Endpoint endpoint;
    endpoint.port = static_cast<std::uint16_t>(entry_point.port);
    const auto explain = [&](int error) {
      fault = "entry point \"" + std::string(entry_point.name.view()) + "\" cannot listen on " +
              std::string(entry_point.host.view()) + ":" + std::to_string(entry_point.port) + ": " +
              std::strerror(error);
      return false;
    };
    if (!entry_point.host.empty()) {
      const auto ip = net::IpAddress::parse(entry_point.host);
      if (!ip) return explain(EADDRNOTAVAIL);
      endpoint.ip = *ip;
    }
    if (!entry_point.reuse_port && !net::port_is_free(endpoint)) return explain(errno);
    for (std::uint32_t worker = 0; worker < workers_.size(); ++worker) {
      int fd = net::listen_tcp(endpoint, kBacklog);
      if (fd < 0 && errno == EAFNOSUPPORT && entry_point.host.empty()) {
        endpoint.ip = *net::IpAddress::parse("0.0.0.0");  // a kernel without IPv6
        fd = net::listen_tcp(endpoint, kBacklog);
      }
      if (fd < 0) return explain(errno);
      sockets.push_back({index, worker, fd});
      endpoint.port = net::local_endpoint(fd).port;  // port 0: the others share what the first was given
    }
    announce(entry_point, endpoint);
    return true;
  }

  void announce(const wire::EntryPoint& entry_point, const net::Endpoint& endpoint) {
    char text[INET6_ADDRSTRLEN];
    Event event("listening");
    event.text("entryPoint", entry_point.name);
    event.text("address", entry_point.host.empty() ? std::string_view() : endpoint.ip.format(text));
    event.number("port", endpoint.port);
    events_.push(std::move(event));
  }

  void swap(std::shared_ptr<const exchange::Plan> plan, const std::vector<OpenSocket>& sockets) {
    const std::uint64_t generation = plan->snapshot().generation;
    const auto waiting = std::make_shared<std::atomic<std::size_t>>(workers_.size());
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
      std::vector<OpenSocket> mine;
      std::copy_if(sockets.begin(), sockets.end(), std::back_inserter(mine),
                   [i](const OpenSocket& s) { return s.worker == i; });
      workers_[i]->post([this, plan, mine = std::move(mine), waiting, generation](WorkerThread& thread) {
        thread.worker().install(plan);
        for (const OpenSocket& socket : mine) thread.listen(socket.entry_point, socket.fd);
        if (waiting->fetch_sub(1, std::memory_order_acq_rel) == 1) installed_everywhere(generation);
      });
    }
    retire(std::move(plan));
  }

  /// The last worker to swap says so.
  void installed_everywhere(std::uint64_t generation) {
    installed_.store(generation, std::memory_order_release);
    Event event("applied");
    event.number("generation", generation);
    events_.push(std::move(event));
  }

  void retire(std::shared_ptr<const exchange::Plan> next) {
    current_ = std::move(next);
    const std::lock_guard lock(plans_mutex_);
    std::erase_if(plans_, [](const auto& plan) { return plan.expired(); });
    plans_.push_back(current_);
    states_.sweep();
  }

  std::uint64_t live_plans() {
    const std::lock_guard lock(plans_mutex_);
    return static_cast<std::uint64_t>(
        std::count_if(plans_.begin(), plans_.end(), [](const auto& plan) { return !plan.expired(); }));
  }

  void begin_drain(Nanos limit) {
    for (auto& worker : workers_) worker->post([](WorkerThread& thread) { thread.stop_listening(); });
    watch_drain(monotonic_now() + limit, true);
  }

  /// Looks again and again: connections become idle, and idle ones old enough to be closed.
  void watch_drain(Nanos until, bool first) {
    if (!first && connections_.load(std::memory_order_relaxed) == 0) return drained(0);
    if (monotonic_now() < until) {
      for (auto& worker : workers_) worker->post([](WorkerThread& thread) { thread.worker().drain(); });
      control_.post([this, until] { watch_drain(until, false); }, kDrainPoll);
      return;
    }
    struct Tally {
      std::atomic<std::size_t> waiting;
      std::atomic<std::uint32_t> cut{0};
    };
    const auto tally = std::make_shared<Tally>();
    tally->waiting = workers_.size();
    for (auto& worker : workers_) {
      worker->post([this, tally](WorkerThread& thread) {
        tally->cut.fetch_add(thread.worker().cut(), std::memory_order_relaxed);
        if (tally->waiting.fetch_sub(1, std::memory_order_acq_rel) == 1) drained(tally->cut.load());
      });
    }
  }

  void drained(std::uint32_t cut) {
    Event event("drained");
    event.number("cut", cut);
    events_.push(std::move(event));
  }

  const Options options_;
  Events events_;
  std::unique_ptr<exchange::AccessLog> log_;
  net::ResolverThreads resolver_;
  std::shared_ptr<tls::TicketKeys> ticket_keys_;
  exchange::SharedStates states_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  std::shared_ptr<const exchange::Plan> current_;
  std::mutex plans_mutex_;
  std::vector<std::weak_ptr<const exchange::Plan>> plans_;
  std::atomic<std::uint64_t> installed_{0};
  std::atomic<std::uint32_t> connections_{0};
  std::array<std::atomic<std::uint32_t>, kCountedEntryPoints> entry_point_connections_{};
  std::string log_path_;
  bool log_open_ = false;
  bool started_ = false;
  bool closed_ = false;
  Control control_;
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Options& options, Waker& waker) {
  return std::make_unique<EngineImpl>(options, waker);
}

}  // namespace fairlead::engine
