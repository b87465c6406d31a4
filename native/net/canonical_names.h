// A worker's cache of canonical names: where CNAME records lead to from the host of a request.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/hash.h"
#include "base/intrusive_list.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/cname_look_up.h"
#include "net/look_up_threads.h"

namespace fairlead::net {

/// Threads that follow CNAME records. Not those that look servers up: clients may invent as many names as they like.
using CanonicalThreads = LookUpThreads<CanonicalName>;

/// The names come from clients, so that everything is bounded. A name in use is looked up again when half of its time
/// has passed, beside the traffic; an answer that is over is waited for. While name servers fail, what was known holds.
class CanonicalNames {
 public:
  /// Some 200 bytes each. The one that was not asked for the longest goes.
  static constexpr std::size_t kMostNames = 4096;
  /// Look-ups under way, far more than the threads work on. Others are not begun, so that a flood of invented names
  /// makes no queue in which every answer comes too late.
  static constexpr std::size_t kMostAsking = 128;
  /// How long a request waits for an answer: the time-out of one server.
  static constexpr Nanos kPatience = 5 * kSecond;
  /// How long an answer holds, whatever it says: a record of 0 s would be asked for with every request, and nobody who
  /// has changed a record of a week wants to wait for that.
  static constexpr Nanos kShortest = 1 * kSecond;
  static constexpr Nanos kLongest = 1800 * kSecond;
  /// That there is no record.
  static constexpr Nanos kNegative = 30 * kSecond;
  /// Until the next look-up after one that has failed.
  static constexpr Nanos kFailed = 10 * kSecond;

  CanonicalNames(loop::Loop& loop, CanonicalThreads& threads) : loop_(loop), threads_(threads) {}
  ~CanonicalNames();
  CanonicalNames(const CanonicalNames&) = delete;
  CanonicalNames& operator=(const CanonicalNames&) = delete;

  /// The canonical name of `host`; empty when it is `host` itself, when nobody knows, and when `host` is no name.
  /// Nothing: it is being looked up, and worth waiting for. The text lives until the next call.
  std::optional<std::string_view> find(std::string_view host);
  /// After find() has found nothing: the same, with patience. `host` outlives the task; the text lives until the next
  /// call of anything.
  loop::Task<std::string_view> wait_for(std::string_view host);

  std::size_t size() const { return entries_.size(); }
  std::size_t asking() const { return asking_; }

 private:
  struct Entry : ListLink {
    /// Points to the key.
    std::string_view host;
    std::string name;
    /// When it is looked up again, and until when nobody waits for that.
    Nanos refresh_at = 0;
    Nanos good_until = 0;
    bool asking = false;
    IntrusiveList<loop::Waiter> waiting;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_bytes(text); }
  };
  /// Outlives the cache inside answers that are still under way.
  struct Anchor {
    CanonicalNames* names;
  };

  Entry* known(std::string_view host);
  Entry& add(std::string_view host);
  void make_room();
  void ask(Entry& entry);
  void answered(const std::string& host, CanonicalName found);

  loop::Loop& loop_;
  CanonicalThreads& threads_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  /// The one that was asked for last at the end. Those that are being looked up are in `busy_`: somebody holds on to them.
  IntrusiveList<Entry> recent_;
  IntrusiveList<Entry> busy_;
  std::size_t asking_ = 0;
  std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>(Anchor{this});
};

}  // namespace fairlead::net
