#include "engine/worker_thread.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "exchange/connection.h"
#include "loop/frame_pool.h"
#include "net/socket.h"

namespace fairlead::engine {

WorkerThread::WorkerThread(const WorkerSetup& setup)
    : worker_(std::make_unique<exchange::Worker>(setup.number, setup.workers, setup.idle_buffer_bytes, setup.resolver,
                                                 setup.shared, setup.log)) {
  worker_->loop.set_polling(setup.poll_microseconds);
}

void WorkerThread::start() {
  // Signals belong to the host: its handlers must run on its thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("fairlead-" + std::to_string(worker_->number())).c_str());
    worker_->loop.run();
    listeners_.clear();
    worker_->cut();
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
  if (local_.size() <= entry_point) local_.resize(entry_point + 1);
  local_[entry_point] = net::local_endpoint(fd);
  accept::Receiver& receiver = *this;
  auto listener = std::make_unique<accept::Listener>(worker_->loop, fd, receiver, entry_point);
  if (listener->start()) listeners_.push_back(std::move(listener));
}

void WorkerThread::take(std::uint32_t entry_point, int fd, const net::Endpoint& client) {
  exchange::Worker& worker = *worker_;
  const std::uint32_t limit =
      worker.plan ? worker.plan->plan().snapshot().entry_points[entry_point].max_connections : 0;
  if (!worker.plan || !worker.shared.admit_connection(entry_point, limit)) {
    worker.counters.add(stats::Counter::kConnectionsRefused);
    ::close(fd);
    return;
  }
  exchange::Connection::accept(worker, entry_point, fd, client, local_[entry_point]);
}

void WorkerThread::out_of_descriptors(bool turned_away) {
  if (turned_away) worker_->counters.add(stats::Counter::kConnectionsRefused);
  worker_->counters.add(stats::reason_counter(Reason::kOutOfDescriptors));
}

}  // namespace fairlead::engine
