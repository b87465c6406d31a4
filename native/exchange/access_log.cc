#include "exchange/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace fairlead::exchange {
namespace {

// How long lines may wait for company before they are written; an idle log costs ten wake-ups a second.
constexpr auto kInterval = std::chrono::milliseconds(100);
// A full pipe is tried again this often, so that stop() is never held up by it.
constexpr int kBlockedPollMs = 100;
// How long stop() waits for a sink that takes nothing.
constexpr int kStopPolls = 20;

/// Opens `path` for appending, creating its folders (Traefik: 0755, 0664).
int open_file(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0755);  // exists, or open() tells what is wrong
  }
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0664);
}

class AccessLogThread final : public AccessLog {
 public:
  ~AccessLogThread() override {
    stop();
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }

  void add(AccessLogQueue& queue) override { queues_.push_back(&queue); }

  void start() override {
    thread_ = std::thread([this] { run(); });
  }

  bool open(std::string_view path, std::string& fault) override {
    const std::string name(path);
    const int fd = name.empty() ? STDOUT_FILENO : open_file(name);
    if (fd < 0) {
      fault = "access log \"" + name + "\": " + std::strerror(errno);
      return false;
    }
    const std::lock_guard lock(mutex_);
    path_ = name;
    replace(fd);
    return true;
  }

  void reopen() override {
    const std::lock_guard lock(mutex_);
    if (path_.empty()) return;
    const int fd = open_file(path_);
    if (fd >= 0) replace(fd);  // else the old file takes the lines: none is lost
  }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void replace(int fd) {
    if (fd_ > STDERR_FILENO) ::close(fd_);
    fd_ = fd;
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      wake_.wait_for(lock, kInterval);
      write_all(lock);
    }
    for (int i = 0; i < kStopPolls && !write_all(lock); ++i) {
    }
  }

  /// Writes what waits. False: the sink is full and lines are left.
  bool write_all(std::unique_lock<std::mutex>& lock) {
    for (AccessLogQueue* queue : queues_) {
      for (std::string_view run = queue->ring().peek(); !run.empty(); run = queue->ring().peek()) {
        if (!write_some(*queue, run, lock)) return false;
      }
    }
    return true;
  }

  /// Writes one run; waits a moment when the sink is full, without the lock.
  bool write_some(AccessLogQueue& queue, std::string_view run, std::unique_lock<std::mutex>& lock) {
    const int fd = fd_;
    const ssize_t written = write_now(fd, run);
    if (written >= 0) {
      queue.ring().pop(static_cast<std::size_t>(written));
      return true;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN) {
      lock.unlock();
      pollfd sink{fd, POLLOUT, 0};
      ::poll(&sink, 1, kBlockedPollMs);
      lock.lock();
      return false;
    }
    // A full disk or a broken pipe: these lines are lost, the requests are not.
    queue.ring().pop(run.size());
    return true;
  }

  /// write() that never blocks. Standard output is the host's and cannot be made non-blocking behind its back: a pipe
  /// that polls writable takes PIPE_BUF bytes at once.
  static ssize_t write_now(int fd, std::string_view run) {
    if (fd != STDOUT_FILENO) return ::write(fd, run.data(), run.size());
    pollfd sink{fd, POLLOUT, 0};
    if (::poll(&sink, 1, 0) == 1) return ::write(fd, run.data(), std::min<std::size_t>(run.size(), PIPE_BUF));
    errno = EAGAIN;
    return -1;
  }

  std::vector<AccessLogQueue*> queues_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string path_;
  int fd_ = STDOUT_FILENO;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<AccessLog> AccessLog::create() { return std::make_unique<AccessLogThread>(); }

bool AccessLogQueue::log(const wire::AccessLog& config, const AccessRecord& record) {
  line_.clear();
  return !format_access_line(config, record, line_) || ring_.push(line_.view());
}

}  // namespace fairlead::exchange
