// Host names to addresses, without ever blocking a worker.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/address.h"

namespace fairlead::net {

using Addresses = std::vector<IpAddress>;

/// One thread that asks the system's resolver (getaddrinfo), shared by all workers.
class ResolverThread {
 public:
  /// Where an answer goes; called on the resolver thread, empty = failure.
  using Answer = std::function<void(Addresses)>;

  ResolverThread() = default;
  ~ResolverThread() { stop(); }
  void start();
  /// Waits for the look-up under way, which the system's own time-outs bound. Idempotent.
  void stop();
  void ask(std::string host, Answer answer);

 private:
  struct Question {
    std::string host;
    Answer answer;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Question> questions_;
  bool stopping_ = false;
  std::thread thread_;
};

/// A worker's cache of answers. An expired answer is used on while a new one is fetched, and kept when that fails.
class Resolver {
 public:
  /// getaddrinfo tells no TTL: answers are refreshed after this long.
  static constexpr Nanos kFresh = 10 * kSecond;
  /// How long a failure is remembered.
  static constexpr Nanos kFailed = 1 * kSecond;

  Resolver(loop::Loop& loop, ResolverThread& thread) : loop_(loop), thread_(thread) {}
  ~Resolver();

  /// Addresses of `host` (a literal address is returned at once). Fails with kResolveFailed, or kConnectTimeout at
  /// `deadline` (0 = none).
  loop::Task<Result<Addresses>> resolve(std::string_view host, Nanos deadline);

 private:
  struct Entry {
    Addresses addresses;
    Nanos expires = 0;
    bool asking = false;
    IntrusiveList<loop::Waiter> waiting;
  };
  class Wait;
  /// Outlives the resolver inside answers that are still under way.
  struct Anchor {
    Resolver* resolver;
  };

  void ask(const std::string& host, Entry& entry);
  void answered(const std::string& host, Addresses addresses);

  loop::Loop& loop_;
  ResolverThread& thread_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>(Anchor{this});
};

}  // namespace fairlead::net
