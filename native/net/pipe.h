// Pipes through which bytes pass from socket to socket without entering memory of ours (splice(2)).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace fairlead::net {

class PipePool;

/// A pipe lent to one transfer; goes back to its pool when that ends. One with bytes left inside is closed instead, so
/// that they can never reach another connection. Move-only, one worker.
class Pipe {
 public:
  Pipe() = default;
  ~Pipe() { release(); }
  Pipe(Pipe&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        read_end_(std::exchange(other.read_end_, -1)),
        write_end_(std::exchange(other.write_end_, -1)),
        held_(std::exchange(other.held_, 0)) {}
  Pipe& operator=(Pipe&& other) noexcept {
    if (this != &other) {
      release();
      pool_ = std::exchange(other.pool_, nullptr);
      read_end_ = std::exchange(other.read_end_, -1);
      write_end_ = std::exchange(other.write_end_, -1);
      held_ = std::exchange(other.held_, 0);
    }
    return *this;
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool valid() const { return pool_ != nullptr; }
  /// Bytes inside.
  std::size_t held() const { return held_; }
  int read_end() const { return read_end_; }
  int write_end() const { return write_end_; }
  /// Told by whoever moved bytes in or out.
  void filled(std::size_t bytes) { held_ += bytes; }
  void drained(std::size_t bytes) { held_ -= bytes; }
  void release();

 private:
  friend class PipePool;
  Pipe(PipePool& pool, int read_end, int write_end) : pool_(&pool), read_end_(read_end), write_end_(write_end) {}

  PipePool* pool_ = nullptr;
  int read_end_ = -1;
  int write_end_ = -1;
  std::size_t held_ = 0;
};

/// The pipes of a worker. Not thread-safe; outlives its pipes.
class PipePool {
 public:
  /// What a pipe is asked to hold, and the most that is moved into one at once: few system calls per megabyte. Without
  /// the privilege for it a user may get less from the kernel (fs.pipe-user-pages-soft), which is slower, nothing else.
  static constexpr std::size_t kPipeBytes = 256 * 1024;

  /// At most `most` pipes exist, and at most `most_idle` of them while unused. Each takes two descriptors.
  PipePool(std::size_t most, std::size_t most_idle) : most_(most), most_idle_(most_idle) { idle_.reserve(most_idle); }
  ~PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  /// An empty pipe; an invalid one when all are lent or descriptors have run out: the caller copies instead.
  Pipe take();
  /// Pipes that exist, lent or idle.
  std::size_t open() const { return open_; }

 private:
  friend class Pipe;
  struct Ends {
    int read;
    int write;
  };
  void give(Ends ends, bool empty);
  void close(Ends ends);

  std::vector<Ends> idle_;
  std::size_t open_ = 0;
  std::size_t most_;
  std::size_t most_idle_;
};

}  // namespace fairlead::net
