// Host names to addresses, without ever blocking a worker.
#pragma once

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
#include "net/look_up_threads.h"

namespace fairlead::net {

using Addresses = std::vector<IpAddress>;

/// Threads that ask the system's resolver.
using ResolverThreads = LookUpThreads<Addresses>;
/// Asks the system's resolver (getaddrinfo), blocking; empty = failure.
Addresses system_look_up(const std::string& host);

/// A worker's cache of answers (ADR 0028). getaddrinfo tells no time to live: a name that is in use is looked up again
/// when half of the refresh time has passed, beside the traffic, so that no answer is used that is older than that time.
/// One that is older, because nobody has asked meanwhile, is replaced first; when that fails or takes too long, it is used.
class Resolver {
 public:
  static constexpr Nanos kUsualRefresh = 10 * kSecond;
  /// How long a failure is remembered.
  static constexpr Nanos kFailed = 1 * kSecond;
  /// How long somebody who could use an old answer waits for a new one.
  static constexpr Nanos kPatience = 1 * kSecond;
  /// Addresses of one answer, so that a name with a thousand of them costs a connection nothing.
  static constexpr std::size_t kMostAnswered = 8;
  /// Names that are kept in any case. Of more those go that nobody has used for kRefreshesKept refresh times: the names
  /// of servers come from the configuration, which may be another one every minute.
  static constexpr std::size_t kKept = 1024;
  static constexpr std::uint64_t kRefreshesKept = 360;

  Resolver(loop::Loop& loop, ResolverThreads& threads) : loop_(loop), threads_(threads) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// No answer is used that is older than this.
  void set_refresh(Nanos refresh) { refresh_ = refresh; }
  /// Addresses of `host` (a literal address is returned at once), in the order in which they are to be tried: each answer
  /// begins with the next one, so that connections spread over them. `host` must outlive the task. Fails with
  /// kResolveFailed, or kConnectTimeout at `deadline` (0 = none).
  loop::Task<Result<Addresses>> resolve(std::string_view host, Nanos deadline);
  /// Names that are remembered.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    /// Those of the kind the system prefers (IPv4 or IPv6) first: so many.
    Addresses addresses;
    std::size_t preferred = 0;
    std::size_t turn = 0;
    /// When it is looked up again, and until when it is used without waiting for that.
    Nanos refresh_at = 0;
    Nanos good_until = 0;
    bool asking = false;
    /// Somebody has waited for this look-up in vain.
    bool overdue = false;
    IntrusiveList<loop::Waiter> waiting;
  };
  /// Outlives the resolver inside answers that are still under way.
  struct Anchor {
    Resolver* resolver;
  };

  static Addresses in_turn(Entry& entry);
  Entry& entry_of(const std::string& host);
  void forget_old();
  void ask(const std::string& host, Entry& entry);
  void answered(const std::string& host, Addresses addresses);

  loop::Loop& loop_;
  ResolverThreads& threads_;
  Nanos refresh_ = kUsualRefresh;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  /// So many names make the next look for old ones.
  std::size_t many_ = kKept;
  std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>(Anchor{this});
};

}  // namespace fairlead::net
