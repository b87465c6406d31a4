// A worker on its thread, with its listeners.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "accept/listener.h"
#include "engine/admission.h"
#include "exchange/worker.h"

namespace fairlead::engine {

/// Everything a worker needs from the engine.
struct WorkerSetup {
  std::uint32_t number;
  std::uint32_t workers;
  std::size_t idle_buffer_bytes;
  std::uint32_t poll_microseconds;
  bool poll_adaptive;
  std::uint32_t splice_bytes;
  net::ResolverThreads& resolver;
  net::CanonicalThreads& canonical;
  exchange::Shared& shared;
  Admission& admission;
  exchange::AccessLog& log;
};

/// Created on the engine's thread; the worker itself is touched by its own thread only, through post().
class WorkerThread final : private accept::Receiver {
 public:
  explicit WorkerThread(const WorkerSetup& setup);
  ~WorkerThread() override { stop(); }

  void start();
  /// Runs `job(worker)` between two loop turns.
  void post(std::function<void(WorkerThread&)> job);
  /// Cuts what is left and joins. Idempotent.
  void stop();

  exchange::Worker& worker() { return *worker_; }
  const stats::Counters& counters() const { return worker_->counters; }
  /// Worker thread: accepts from `fd` for the entry point of that index.
  void listen(std::uint32_t entry_point, int fd);
  /// Worker thread: gives up what is to be given up, stops accepting or goes on. `crowded`: idle connections should go.
  void relieve(bool crowded);
  /// Worker thread. Who has connected by now is served.
  void stop_listening() {
    for (const auto& listener : listeners_) listener->accept_rest();
    listeners_.clear();
  }

 private:
  // accept::Receiver
  void take(std::uint32_t entry_point, int fd, const net::Endpoint& client) override;
  void out_of_descriptors(bool turned_away) override;

  /// May a connection stay? Idle ones are closed where that makes room.
  Verdict admit(std::uint32_t entry_point, int fd, const net::Endpoint& client);
  void refuse(Verdict verdict);
  void set_accepting(bool accepting);

  Admission& admission_;
  bool accepting_ = true;
  std::unique_ptr<exchange::Worker> worker_;
  std::vector<std::unique_ptr<accept::Listener>> listeners_;
  std::thread thread_;
  bool started_ = false;
};

}  // namespace fairlead::engine
