#include "exchange/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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

  std::uint64_t lost() const override { return lost_.load(std::memory_order_relaxed); }

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
    if (unfinished_ != nullptr) drop_line(*unfinished_);  // its beginning stays in the old file
    unfinished_ = nullptr;
    torn_ = false;
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
    // Lines of other queues must not come into the middle of a line.
    if (unfinished_ != nullptr && !write_queue(*unfinished_, lock)) return false;
    for (AccessLogQueue* queue : queues_) {
      if (!write_queue(*queue, lock)) return false;
    }
    return true;
  }

  bool write_queue(AccessLogQueue& queue, std::unique_lock<std::mutex>& lock) {
    for (std::string_view run = queue.ring().peek(); !run.empty(); run = queue.ring().peek()) {
      if (!write_some(queue, run, lock)) return false;
    }
    return true;
  }

  /// Writes one run; waits a moment when the sink is full, without the lock.
  bool write_some(AccessLogQueue& queue, std::string_view run, std::unique_lock<std::mutex>& lock) {
    const int fd = fd_;
    const ssize_t written = write_now(fd, torn_ ? std::string_view("\n") : run);
    if (written >= 0) {
      took(queue, run.substr(0, static_cast<std::size_t>(written)));
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
    give_up(queue, run);
    return true;
  }

  void took(AccessLogQueue& queue, std::string_view written) {
    if (written.empty()) return;
    if (torn_) {
      torn_ = false;
      return;
    }
    unfinished_ = written.back() == '\n' ? nullptr : &queue;
    queue.ring().pop(written.size());
  }

  /// A full disk or a broken pipe: these lines are lost, the requests are not.
  void give_up(AccessLogQueue& queue, std::string_view run) {
    torn_ = torn_ || unfinished_ != nullptr;
    unfinished_ = nullptr;
    const auto lines = static_cast<std::uint64_t>(std::count(run.begin(), run.end(), '\n'));
    lost_.fetch_add(lines, std::memory_order_relaxed);
    const bool ends = run.back() == '\n';
    queue.ring().pop(run.size());
    if (!ends) drop_line(queue);
  }

  /// Takes off what is left of a line, which may go on at the beginning of the ring.
  void drop_line(AccessLogQueue& queue) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    for (std::string_view run = queue.ring().peek(); !run.empty(); run = queue.ring().peek()) {
      const std::size_t end = run.find('\n');
      queue.ring().pop(end == std::string_view::npos ? run.size() : end + 1);
      if (end != std::string_view::npos) return;
    }
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
  AccessLogQueue* unfinished_ = nullptr;  // whose line has been written in part
  bool torn_ = false;                     // the file ends in the middle of a line that was given up
  std::atomic<std::uint64_t> lost_{0};
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
