// Host names to addresses, without ever blocking a worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/address.h"

namespace fairlead::net {

using Addresses = std::vector<IpAddress>;

/// Threads that ask the system's resolver (getaddrinfo), shared by all workers. One is enough until a look-up hangs; then
/// others are started, so that one dead name does not keep all the others waiting.
class ResolverThreads {
 public:
  /// Names that may hang at a time before everything waits for the resolver's own time-outs.
  static constexpr unsigned kMost = 8;
  /// Looks a name up, blocking; empty = failure.
  using LookUp = std::function<Addresses(const std::string& host)>;
  /// Where an answer goes; called on a resolver thread, must be quick. Empty = failure.
  using Answer = std::function<void(Addresses)>;

  explicit ResolverThreads(LookUp look_up = system_look_up);
  ~ResolverThreads() { stop(); }
  ResolverThreads(const ResolverThreads&) = delete;
  ResolverThreads& operator=(const ResolverThreads&) = delete;

  /// Any thread. After stop() nothing is answered.
  void ask(std::string host, Answer answer);
  /// No answer is under way when this returns, and none comes later. A look-up that takes more than a second longer is
  /// left to end by itself, since nothing can interrupt it. Idempotent.
  void stop();

  static Addresses system_look_up(const std::string& host);

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);

  // Outlives us while a thread is stuck in a look-up.
  std::shared_ptr<State> state_;
};

/// A worker's cache of answers. An expired answer is used on while a new one is fetched, and kept when that fails.
class Resolver {
 public:
  /// getaddrinfo tells no TTL: answers are refreshed after this long.
  static constexpr Nanos kFresh = 10 * kSecond;
  /// How long a failure is remembered.
  static constexpr Nanos kFailed = 1 * kSecond;

  Resolver(loop::Loop& loop, ResolverThreads& threads) : loop_(loop), threads_(threads) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Addresses of `host` (a literal address is returned at once); `host` must outlive the task. Fails with
  /// kResolveFailed, or kConnectTimeout at `deadline` (0 = none).
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
  ResolverThreads& threads_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>(Anchor{this});
};

}  // namespace fairlead::net
