#include "engine/worker_thread.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "exchange/connection.h"
#include "loop/frame_pool.h"
#include "loop/scheduling.h"

namespace fairlead::engine {
namespace {

// Idle connections that go at a time when there are too many.
constexpr std::uint32_t kIdleForDescriptors = 16;

}  // namespace

WorkerThread::WorkerThread(const WorkerSetup& setup)
    : admission_(setup.admission),
      worker_(std::make_unique<exchange::Worker>(setup.number, setup.workers, setup.idle_buffer_bytes, setup.resolver,
                                                 setup.canonical, setup.shared, setup.log)) {
  worker_->loop.set_polling(setup.poll_microseconds, setup.poll_adaptive);
  worker_->splice_bytes = setup.splice_bytes;
}

void WorkerThread::start() {
  // Signals belong to the host: its handlers must run on its thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("fairlead-" + std::to_string(worker_->number())).c_str());
    loop::run_soon_after_waking();
    worker_->loop.run();
    listeners_.clear();
    worker_->cut();
    worker_->health.stop();
    worker_->plan = {};
    loop::FramePool::trim();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  started_ = true;
}

void WorkerThread::post(std::function<void(WorkerThread&)> job) {
  worker_->loop.mailbox().post([this, job = std::move(job)] { job(*this); });
}

void WorkerThread::stop() {
  if (!started_) return;
  post([](WorkerThread& self) { self.worker_->loop.stop(); });
  if (thread_.joinable()) thread_.join();
  started_ = false;
}

void WorkerThread::listen(std::uint32_t entry_point, int fd) {
  accept::Receiver& receiver = *this;
  auto listener = std::make_unique<accept::Listener>(worker_->loop, fd, receiver, entry_point);
  if (listener->start()) listeners_.push_back(std::move(listener));
}

Verdict WorkerThread::admit(std::uint32_t entry_point, int fd, const net::Endpoint& client) {
  if (!worker_->plan) return Verdict::kFull;
  const std::uint32_t limit = worker_->plan->plan().snapshot().entry_points[entry_point].max_connections;
  const Verdict verdict = admission_.admit(entry_point, limit, client.ip, fd);
  switch (verdict) {
    case Verdict::kWelcome:
    case Verdict::kClientFull:
      return verdict;
    case Verdict::kCrowded:
      // Two for one, so that the crowd becomes smaller.
      worker_->close_idle(2);
      return verdict;
    case Verdict::kFull:
    case Verdict::kNoDescriptors:
      break;
  }
  if (worker_->close_idle(1) == 0) return verdict;
  return admission_.admit(entry_point, limit, client.ip, 0);  // the descriptor of the closed one is free for another
}

void WorkerThread::take(std::uint32_t entry_point, int fd, const net::Endpoint& client) {
  const Verdict verdict = admit(entry_point, fd, client);
  if (verdict == Verdict::kWelcome || verdict == Verdict::kCrowded) {
    exchange::Connection::accept(*worker_, entry_point, fd, client);
  } else {
    refuse(verdict);
    ::close(fd);
  }
  if (worker_->stage >= stats::Stage::kNoConnections) set_accepting(false);
}

void WorkerThread::refuse(Verdict verdict) {
  worker_->counters.add(stats::Counter::kConnectionsRefused);
  if (verdict == Verdict::kClientFull) worker_->counters.add(stats::Counter::kConnectionsRefusedClient);
  if (verdict == Verdict::kNoDescriptors) worker_->counters.add(stats::Counter::kConnectionsRefusedDescriptors);
}

void WorkerThread::out_of_descriptors(bool turned_away) {
  if (turned_away) refuse(Verdict::kNoDescriptors);
  worker_->close_idle(kIdleForDescriptors);
}

void WorkerThread::relieve(bool crowded) {
  worker_->relieve();
  if (crowded) worker_->close_idle(kIdleForDescriptors);
  set_accepting(worker_->stage < stats::Stage::kNoConnections);
}

void WorkerThread::set_accepting(bool accepting) {
  if (accepting_ == accepting) return;
  accepting_ = accepting;
  if (!accepting) worker_->counters.add(stats::Counter::kOverloadAcceptPauses);
  for (const auto& listener : listeners_) listener->set_paused(!accepting);
}

}  // namespace fairlead::engine
