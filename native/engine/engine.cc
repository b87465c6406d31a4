#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "engine/admission.h"
#include "engine/control.h"
#include "engine/drain.h"
#include "engine/events.h"
#include "engine/limit_report.h"
#include "engine/listening.h"
#include "engine/overload.h"
#include "engine/plans.h"
#include "engine/worker_thread.h"
#include "exchange/explain.h"

namespace fairlead::engine {
namespace {

constexpr std::uint32_t kMostWorkers = 64;
// How often retired plans are looked at while some are in use.
constexpr Nanos kSweepInterval = 100 * kMillisecond;

exchange::Question asked(const Question& question) {
  return {question.head,        question.entry_point, question.tls,
          question.server_name, question.client,      question.near_misses};
}

/// The file is read again for each look-up: it changes with the network this machine is in.
net::CanonicalThreads::LookUp follower(const Options& options) {
  return [path = options.resolv_config, depth = options.resolv_depth](const std::string& host) {
    return net::look_up_cname(host, depth, net::read_resolv_config(path));
  };
}

class EngineImpl final : public Engine, private exchange::Shared {
 public:
  EngineImpl(const Options& options, Waker& waker)
      : events_(waker),
        log_(exchange::AccessLog::create()),
        canonical_(follower(options)),
        ticket_keys_(tls::make_ticket_keys()),
        admission_(options.max_connections) {
    const std::uint32_t workers = std::clamp(options.workers, 1U, kMostWorkers);
    for (std::uint32_t i = 0; i < workers; ++i) {
      workers_.push_back(std::make_unique<WorkerThread>(
          WorkerSetup{i, workers, options.idle_buffer_bytes, options.poll_microseconds, options.poll_adaptive != 0,
                      options.splice_bytes, resolver_, canonical_, *this, admission_, *log_}));
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

  std::string explain(std::span<const std::byte> bytes, std::span<const Question> questions) override {
    std::string fault;
    auto snapshot = exchange::SnapshotBytes::verify(bytes, fault);
    if (snapshot == nullptr) return {};
    std::vector<std::string> faults;
    exchange::SharedStates states;
    const auto plan = exchange::Plan::build(std::move(snapshot), {states, ticket_keys_, nullptr}, faults);
    if (plan == nullptr) return {};
    JsonWriter json;
    json.begin_array();
    for (const Question& question : questions) exchange::explain(*plan, asked(question), nullptr, nullptr, json);
    json.end_array();
    return json.take();
  }

  // Balancers belong to their worker, so it is asked between two turns: the search for near misses is bounded.
  void explain(std::uint64_t number, Question question) override {
    workers_.front()->post([this, number, question = std::move(question)](WorkerThread& thread) {
      const exchange::WorkerPlan* const plan = thread.worker().plan.get();
      JsonWriter json;
      if (plan != nullptr) {
        exchange::explain(plan->plan(), asked(question), plan, &thread.worker().canonical_names, json);
      }
      Event event("explained");
      event.number("number", number).json("answer", plan == nullptr ? "null" : json.take());
      events_.push(std::move(event));
    });
  }

  // Receipts belong to their workers; the last one to have looked says what was found.
  void receipt(std::uint64_t number, std::string_view id) override {
    struct Search {
      std::atomic<std::size_t> waiting;
      std::mutex mutex;
      std::string found = "null";
    };
    const auto search = std::make_shared<Search>();
    search->waiting = workers_.size();
    for (const auto& worker : workers_) {
      worker->post([this, search, number, id = exchange::receipt_id(id)](WorkerThread& thread) {
        if (const exchange::Receipt* receipt = thread.worker().receipts.find(id)) {
          JsonWriter json;
          exchange::write_receipt(*receipt, thread.worker().number(), json);
          const std::lock_guard lock(search->mutex);
          search->found = json.take();
        }
        if (search->waiting.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        Event event("receipt");
        event.number("number", number).json("answer", search->found);
        events_.push(std::move(event));
      });
    }
  }

  void drain(Nanos grace, Nanos limit) override {
    for (auto& worker : workers_) worker->post([](WorkerThread& thread) { thread.worker().stopping = true; });
    control_.post([this, limit] { drain_.begin(limit); }, grace);
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
    const auto set = [&](stats::Counter counter, std::uint64_t value) {
      if (static_cast<std::size_t>(counter) < count) into[static_cast<std::size_t>(counter)] = value;
    };
    set(stats::Counter::kSnapshotsLive, plans_.live());
    set(stats::Counter::kServersDown, servers_down());
    set(stats::Counter::kBuffersLimitBytes, pressure_.buffer_limit());
    set(stats::Counter::kMemoryBytes, pressure_.resident());
    set(stats::Counter::kMemoryLimitBytes, pressure_.resident_limit());
    set(stats::Counter::kOverloadStage, static_cast<std::uint64_t>(pressure_.stage()));
    return count;
  }

  std::string read_limits() override {
    const Plans::Shared plan = plans_.serving();
    return plan == nullptr ? "[]" : limits_as_json(*plan);
  }

  std::string events() override { return events_.take(); }

  std::string health() override {
    std::string lines;
    each_watched([&](const exchange::Watched& watched) {
      for (const auto& server : watched.servers) {
        lines += server_event(watched.health().name(), watched.health().report(*server)).finish();
      }
    });
    return lines;
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    control_.stop();
    for (auto& worker : workers_) worker->stop();
    resolver_.stop();
    canonical_.stop();
    if (started_) log_->stop();
    plans_.clear();
  }

 private:
  // exchange::Shared, called by workers.
  bool everywhere(std::uint64_t generation) const override {
    return installed_.load(std::memory_order_acquire) >= generation;
  }
  void connection_ended(std::uint32_t entry_point, const net::IpAddress& client) override {
    admission_.ended(entry_point, client);
  }
  stats::Pressure& pressure() override { return pressure_; }
  void server_changed(std::string_view service, const upstream::ServerReport& server) override {
    events_.push(server_event(service, server));
  }

  /// Calls `visit(watched)` for each service of the current plan whose servers are watched. Any thread.
  template <class Visit>
  void each_watched(Visit visit) const {
    const Plans::Shared plan = plans_.serving();
    if (plan == nullptr) return;
    for (const std::uint32_t service : plan->watched_services()) visit(*plan->watched(service));
  }

  std::uint64_t servers_down() const {
    std::uint64_t down = 0;
    each_watched([&](const exchange::Watched& watched) {
      for (const auto& server : watched.servers) down += server->up() ? 0 : 1;
    });
    return down;
  }

  // Control thread from here on.

  void install(const std::vector<std::byte>& bytes) {
    std::uint64_t generation = 0;
    std::string fault;
    const char* const refused = try_install(bytes, generation, fault);
    if (refused == nullptr) return;
    Event event("applyFailed");
    event.number("generation", generation).text("code", refused).text("message", fault);
    events_.push(std::move(event));
  }

  /// All or nothing: what can fail comes first, the log last of it, so that a refused snapshot leaves no trace. Null, or
  /// the code of the refusal.
  const char* try_install(const std::vector<std::byte>& bytes, std::uint64_t& generation, std::string& fault) {
    auto snapshot = exchange::SnapshotBytes::verify(bytes, fault);
    if (snapshot == nullptr) return "SNAPSHOT";
    generation = snapshot->root().generation;
    const Plans::Shared plan = build(std::move(snapshot), generation);
    if (plan == nullptr) {
      fault = "nothing of the snapshot can run";
      return "PLAN";
    }
    const wire::Snapshot& root = plan->snapshot();
    Listening listening;
    if (plans_.current() == nullptr) {
      if (!listening.open(root, static_cast<std::uint32_t>(workers_.size()), fault)) return "BIND";
    } else if (!same_entry_points(plans_.current()->snapshot(), root)) {
      fault = "entry points cannot change while running";
      return "RESTART";
    }
    if (!open_log(root.access_log, fault)) return "ACCESS_LOG";
    listening.announce(root, events_);
    overload_.configure(root.limits);
    swap(plan, listening);
    retire(plan);
    return nullptr;
  }

  /// Null when nothing of it can run; what cannot run of the rest is told.
  Plans::Shared build(std::unique_ptr<exchange::SnapshotBytes> snapshot, std::uint64_t generation) {
    std::vector<std::string> faults;
    Plans::Shared plan =
        exchange::Plan::build(std::move(snapshot), {states_, ticket_keys_, plans_.current().get()}, faults);
    for (const std::string& text : faults) {
      Event event("fault");
      event.number("generation", generation).text("message", text);
      events_.push(std::move(event));
    }
    return plan;
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

  void swap(const Plans::Shared& plan, Listening& listening) {
    const std::uint64_t generation = plan->snapshot().generation;
    const auto waiting = std::make_shared<std::atomic<std::size_t>>(workers_.size());
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->post([this, plan, mine = listening.take(i), waiting, generation](WorkerThread& thread) {
        thread.worker().install(plan);
        for (const OpenSocket& socket : mine) thread.listen(socket.entry_point, socket.fd);
        if (waiting->fetch_sub(1, std::memory_order_acq_rel) == 1) installed_everywhere(generation);
      });
    }
  }

  /// The last worker to swap says so.
  void installed_everywhere(std::uint64_t generation) {
    installed_.store(generation, std::memory_order_release);
    Event event("applied");
    event.number("generation", generation);
    events_.push(std::move(event));
  }

  void retire(Plans::Shared next) {
    const bool sweeping = plans_.current() != nullptr;
    plans_.replace(std::move(next));
    if (sweeping && !std::exchange(sweeping_, true)) sweep();
  }

  void sweep() {
    sweeping_ = !plans_.sweep();
    states_.sweep();
    if (sweeping_) control_.post([this] { sweep(); }, kSweepInterval);
  }

  Events events_;
  std::unique_ptr<exchange::AccessLog> log_;
  net::ResolverThreads resolver_{net::system_look_up};
  net::CanonicalThreads canonical_;
  std::shared_ptr<tls::TicketKeys> ticket_keys_;
  exchange::SharedStates states_;
  Admission admission_;
  stats::Pressure pressure_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  Plans plans_;
  std::atomic<std::uint64_t> installed_{0};
  std::string log_path_;
  bool log_open_ = false;
  bool sweeping_ = false;
  bool started_ = false;
  bool closed_ = false;
  Control control_;
  Overload overload_{workers_, control_, admission_, pressure_, events_};
  Drain drain_{workers_, control_, admission_, events_};
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Options& options, Waker& waker) {
  return std::make_unique<EngineImpl>(options, waker);
}

}  // namespace fairlead::engine
