// Requests that wait for their turn: a queue for each key, served by deficit round robin.
//
//   keys that wait, in a ring      what each may still spend    who waits, the first on the left
//   ┌─► gold    (weight 4)         deficit 3                    ▢ ▢ ▢
//   │   silver                     deficit 0                    ▢
//   └── flood                      deficit 0                    ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢ ▢
//
// M. Shreedhar and G. Varghese, Efficient Fair Queuing using Deficit Round Robin, SIGCOMM 1995. A key whose turn it is
// gets its quantum times its weight, is served while that lasts, and keeps what is left for its next turn. Two keys that
// wait all the time are never further apart than one quantum and one largest request, whatever they ask for.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace fairlead::scheduler {

class KeyQueue;

/// Who is next.
enum class Discipline : std::uint8_t {
  kDeficitRoundRobin,
  kFirstInFirstOut,  // whoever has waited longest, whatever its key
};

/// What a key may have more of than others.
struct KeyWeight {
  std::string_view key;
  std::uint32_t weight = 1;
};

struct FairQueueSettings {
  Discipline discipline = Discipline::kDeficitRoundRobin;
  /// Cost that a key of weight 1 may spend in one turn; at least 1. Choosing takes constant time if no request costs more.
  std::uint64_t quantum = 1;
  /// Waiting requests, over all keys. One more may be in the queue until overflow() has been asked.
  std::uint32_t max_length = 0;
  /// Keys told apart, those with a weight included; at least 1.
  std::uint32_t max_keys = 1;
  /// Their keys are remembered for as long as these settings hold.
  std::span<const KeyWeight> weights = {};
};

/// What has become of the requests of a key.
struct KeyTotals {
  /// Let through, at once or in turn.
  std::uint64_t served = 0;
  /// Let through in turn, and how long they waited together, in nanoseconds.
  std::uint64_t waited = 0;
  std::uint64_t wait_time = 0;
  /// Given up: for want of room, after too long, and because the client was gone.
  std::uint64_t shed_full = 0;
  std::uint64_t shed_late = 0;
  std::uint64_t gone = 0;

  void add(const KeyTotals& other);
};

/// Links of one that waits: in its key's queue, and among all in the order of arrival.
struct KeyLink : ListLink {};
struct ArrivalLink : ListLink {};

/// One that waits. It sits in its owner, who takes it out of the queue before it ends.
struct Waiting : KeyLink, ArrivalLink {
  KeyQueue* key = nullptr;
  std::uint64_t cost = 1;
};

/// The queue of one key, and what is known of the key.
class KeyQueue {
 public:
  /// Bytes of a key that are shown; longer ones are told apart all the same.
  static constexpr std::size_t kShown = 64;

  std::string_view text() const { return {text_.data(), text_size_}; }
  std::uint32_t weight() const { return weight_; }
  std::uint32_t length() const { return length_; }
  /// Requests of this key that have been let through and have not ended.
  std::uint32_t active() const { return active_; }

  KeyTotals totals;

 private:
  friend class FairQueue;
  /// In the ring of those that wait; while it has neither waiting nor active requests, among the idle ones.
  struct InRing : ListLink {
    explicit InRing(KeyQueue& of) : queue(of) {}
    KeyQueue& queue;
  };
  /// Among those of the same rank.
  struct InRank : ListLink {
    explicit InRank(KeyQueue& of) : queue(of) {}
    KeyQueue& queue;
  };
  /// 128 bits that stand for the key, so that nobody can look for two that are taken for one.
  struct Id {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Id&) const = default;
  };

  InRing ring_{*this};
  InRank rank_link_{*this};
  IntrusiveList<KeyLink> waiting_;
  KeyQueue* next_ = nullptr;  // in its chain of the table
  Id id_;
  std::uint64_t deficit_ = 0;
  std::uint32_t weight_ = 1;
  std::uint32_t length_ = 0;
  std::uint32_t active_ = 0;
  std::uint32_t rank_ = 0;
  /// Its turn has begun and is not over.
  bool has_turn_ = false;
  /// It has a weight of its own, and is never forgotten.
  bool named_ = false;
  /// It stands for a key; not for a place where one could be stored.
  bool used_ = false;
  std::uint8_t text_size_ = 0;
  std::array<char, kShown> text_;
};

/// Not thread-safe; knows nothing of time, threads or what is waited for. Adding and taking out cost constant time and no
/// allocation but for a key that is new, of which at most `max_keys` are kept.
class FairQueue {
 public:
  explicit FairQueue(const FairQueueSettings& settings);
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  /// New settings; whoever waits keeps its place in its key's queue. overflow() is to be asked afterwards.
  void configure(const FairQueueSettings& settings);

  /// The queue of the key `text`. A key that is new takes the place of the one that has been idle for longest when there
  /// are as many as may be; when none is idle it shares the queue `other()`. To be used before the next call.
  KeyQueue& key(std::string_view text);
  KeyQueue& other() { return other_; }

  /// `waiting` waits for its turn, at the end of its key's queue.
  void push(KeyQueue& key, Waiting& waiting);
  /// The next in turn, taken out; null when nobody waits.
  Waiting* pop();
  /// While more wait than may, who has to go, taken out; else null. Of the key that has the most waiting for its weight the
  /// one that came last: so whoever floods the queue pays for it. First in, first out: the one that came last of all.
  Waiting* overflow();
  void remove(Waiting& waiting);

  /// A request of this key has been let through, or has ended.
  void begin(KeyQueue& key);
  void end(KeyQueue& key);

  bool empty() const { return length_ == 0; }
  std::uint32_t length() const { return length_; }
  /// Turns that have ended without being used up by the last request of a key: what pop() has spent on looking.
  std::uint64_t turns() const { return turns_; }
  /// Keys that are told apart now.
  std::size_t keys() const { return used_; }
  /// Calls `visit(key)` for each, `other()` last, if it has ever been used.
  template <class Visit>
  void each(Visit visit) const {
    for (const KeyQueue& key : storage_) {
      if (key.used_) visit(key);
    }
    if (other_.used_) visit(other_);
  }

 private:
  using Rank = IntrusiveList<KeyQueue::InRank>;

  static KeyQueue::Id id_of(std::string_view text);
  KeyQueue*& chain_of(const KeyQueue::Id& id) { return table_[id.low & (table_.size() - 1)]; }
  KeyQueue* find(const KeyQueue::Id& id);
  KeyQueue* make(const KeyQueue::Id& id, std::string_view text);
  void forget(KeyQueue& key);
  void rest(KeyQueue& key);
  void name(const KeyWeight& named);
  void resize_table(std::uint32_t max_keys);
  void resize_ranks(std::uint32_t max_length);
  void rerank(KeyQueue& key);
  void end_turn(KeyQueue& key);
  void skip_rounds();
  std::uint64_t allowance(const KeyQueue& key) const { return quantum_ * key.weight_; }

  Discipline discipline_ = Discipline::kDeficitRoundRobin;
  std::uint64_t quantum_ = 1;
  std::uint32_t max_length_ = 0;
  std::uint32_t max_keys_ = 1;
  std::uint32_t length_ = 0;
  std::uint32_t ring_size_ = 0;
  std::uint32_t top_rank_ = 0;
  std::uint64_t turns_ = 0;
  std::size_t used_ = 0;
  /// Keys by rank: how many turns its waiting requests would take if each cost one. There is one for each length.
  std::unique_ptr<Rank[]> ranks_;
  std::size_t rank_count_ = 0;
  std::vector<KeyQueue*> table_;
  std::deque<KeyQueue> storage_;
  KeyQueue other_;
  IntrusiveList<KeyQueue::InRing> ring_;
  /// Without waiting or active requests, the one that has been so for longest first.
  IntrusiveList<KeyQueue::InRing> idle_;
  IntrusiveList<KeyQueue::InRing> free_;
  IntrusiveList<ArrivalLink> arrivals_;
};

}  // namespace fairlead::scheduler
