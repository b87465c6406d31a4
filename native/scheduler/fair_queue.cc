#include "scheduler/fair_queue.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "base/hash.h"

namespace fairlead::scheduler {
namespace {

// What the keys beyond max_keys are called together.
constexpr std::string_view kOther = "other";

std::uint64_t rounds(std::uint64_t cost, std::uint64_t allowance) { return (cost + allowance - 1) / allowance; }

}  // namespace

void KeyTotals::add(const KeyTotals& other) {
  served += other.served;
  waited += other.waited;
  wait_time += other.wait_time;
  shed_full += other.shed_full;
  shed_late += other.shed_late;
  gone += other.gone;
}

FairQueue::FairQueue(const FairQueueSettings& settings) {
  std::memcpy(other_.text_.data(), kOther.data(), kOther.size());
  other_.text_size_ = kOther.size();
  other_.named_ = true;
  configure(settings);
}

void FairQueue::configure(const FairQueueSettings& settings) {
  discipline_ = settings.discipline;
  quantum_ = std::max<std::uint64_t>(1, settings.quantum);
  max_length_ = settings.max_length;
  max_keys_ = std::max<std::uint32_t>(1, settings.max_keys);
  resize_table(max_keys_);
  for (KeyQueue& key : storage_) {
    key.weight_ = 1;
    key.named_ = false;
  }
  for (const KeyWeight& weight : settings.weights) name(weight);
  for (KeyQueue& key : storage_) {
    if (key.used_ && !key.named_) rest(key);
  }
  while (used_ > max_keys_ && !idle_.empty()) forget(idle_.front()->queue);
  resize_ranks(max_length_);
}

/// The key gets a weight, and a place that it keeps.
void FairQueue::name(const KeyWeight& named) {
  const KeyQueue::Id id = id_of(named.key);
  KeyQueue* key = find(id);
  if (key == nullptr) key = make(id, named.key);
  key->named_ = true;
  key->weight_ = std::max<std::uint32_t>(1, named.weight);
  if (key->length_ == 0) key->ring_.unlink();  // from the idle ones
}

KeyQueue::Id FairQueue::id_of(std::string_view text) {
  const std::uint64_t seed = hash_seed();
  return {hash_bytes(text, seed), hash_bytes(text, ~seed)};
}

KeyQueue* FairQueue::find(const KeyQueue::Id& id) {
  KeyQueue* key = chain_of(id);
  while (key != nullptr && key->id_ != id) key = key->next_;
  return key;
}

KeyQueue& FairQueue::key(std::string_view text) {
  const KeyQueue::Id id = id_of(text);
  if (KeyQueue* known = find(id); known != nullptr) return *known;
  while (used_ >= max_keys_ && !idle_.empty()) forget(idle_.front()->queue);
  if (used_ >= max_keys_) {
    other_.used_ = true;
    return other_;
  }
  KeyQueue* const made = make(id, text);
  rest(*made);
  return *made;
}

KeyQueue* FairQueue::make(const KeyQueue::Id& id, std::string_view text) {
  KeyQueue::InRing* const free = free_.pop_front();
  KeyQueue& key = free == nullptr ? storage_.emplace_back() : free->queue;
  key.id_ = id;
  key.used_ = true;
  key.text_size_ = static_cast<std::uint8_t>(std::min(text.size(), KeyQueue::kShown));
  std::copy_n(text.begin(), key.text_size_, key.text_.begin());
  KeyQueue*& chain = chain_of(id);
  key.next_ = chain;
  chain = &key;
  ++used_;
  return &key;
}

/// Its totals live on in those of the others, so that sums never go down.
void FairQueue::forget(KeyQueue& key) {
  KeyQueue** at = &chain_of(key.id_);
  while (*at != &key) at = &(*at)->next_;
  *at = key.next_;
  other_.totals.add(key.totals);
  other_.used_ = true;
  key.totals = {};
  key.used_ = false;
  key.ring_.unlink();
  free_.push_back(key.ring_);
  --used_;
}

/// A key of which nothing waits and nothing is active may be forgotten, the one that has been so for longest first.
void FairQueue::rest(KeyQueue& key) {
  if (key.length_ > 0 || key.active_ > 0 || key.named_) return;
  key.ring_.unlink();
  idle_.push_back(key.ring_);
}

void FairQueue::push(KeyQueue& key, Waiting& waiting) {
  waiting.key = &key;
  key.waiting_.push_back(waiting);
  arrivals_.push_back(waiting);
  ++length_;
  if (++key.length_ == 1) {
    key.ring_.unlink();
    ring_.push_back(key.ring_);
    ++ring_size_;
  }
  rerank(key);
}

void FairQueue::remove(Waiting& waiting) {
  KeyQueue& key = *waiting.key;
  static_cast<KeyLink&>(waiting).unlink();
  static_cast<ArrivalLink&>(waiting).unlink();
  --length_;
  if (--key.length_ == 0) {
    // Who has nothing to send saves nothing up.
    key.deficit_ = 0;
    key.has_turn_ = false;
    key.ring_.unlink();
    --ring_size_;
    rest(key);
  }
  rerank(key);
}

Waiting* FairQueue::pop() {
  if (discipline_ == Discipline::kFirstInFirstOut) {
    auto* const first = static_cast<Waiting*>(arrivals_.front());
    if (first != nullptr) remove(*first);
    return first;
  }
  std::uint32_t turns = 0;
  while (KeyQueue::InRing* const front = ring_.front()) {
    KeyQueue& key = front->queue;
    if (!key.has_turn_) {
      key.has_turn_ = true;
      key.deficit_ += allowance(key);
    }
    auto& first = static_cast<Waiting&>(*key.waiting_.front());
    if (first.cost <= key.deficit_) {
      key.deficit_ -= first.cost;
      remove(first);
      return &first;
    }
    end_turn(key);
    if (++turns == ring_size_) skip_rounds();
  }
  return nullptr;
}

void FairQueue::end_turn(KeyQueue& key) {
  ++turns_;
  key.has_turn_ = false;
  key.ring_.unlink();
  ring_.push_back(key.ring_);
}

/// Everybody has had a turn and nobody could be served: as many rounds at once as leave one for whoever is nearest.
void FairQueue::skip_rounds() {
  std::uint64_t least = ~std::uint64_t{0};
  IntrusiveList<KeyQueue::InRing> all;
  all.take_all(ring_);
  while (KeyQueue::InRing* const link = all.pop_front()) {
    const KeyQueue& key = link->queue;
    const auto& first = static_cast<const Waiting&>(*link->queue.waiting_.front());
    least = std::min(least, rounds(first.cost - key.deficit_, allowance(key)));
    ring_.push_back(*link);
  }
  if (least <= 1) return;
  all.take_all(ring_);
  while (KeyQueue::InRing* const link = all.pop_front()) {
    link->queue.deficit_ += (least - 1) * allowance(link->queue);
    ring_.push_back(*link);
  }
}

Waiting* FairQueue::overflow() {
  if (length_ <= max_length_) return nullptr;
  Waiting* last = nullptr;
  if (discipline_ == Discipline::kFirstInFirstOut) {
    last = static_cast<Waiting*>(arrivals_.back());
  } else {
    last = static_cast<Waiting*>(ranks_[top_rank_].front()->queue.waiting_.back());
  }
  remove(*last);
  return last;
}

void FairQueue::begin(KeyQueue& key) {
  if (++key.active_ == 1 && key.length_ == 0) key.ring_.unlink();  // from the idle ones
}

void FairQueue::end(KeyQueue& key) {
  FAIRLEAD_ASSERT(key.active_ > 0);
  if (--key.active_ == 0) rest(key);
}

/// Moves the key to the rank that its length has now; it was one more or one less before.
void FairQueue::rerank(KeyQueue& key) {
  const std::uint32_t rank = (key.length_ + key.weight_ - 1) / key.weight_;
  if (rank == key.rank_) return;
  key.rank_link_.unlink();
  key.rank_ = rank;
  if (rank > 0) ranks_[rank].push_back(key.rank_link_);
  top_rank_ = std::max(top_rank_, rank);
  while (top_rank_ > 0 && ranks_[top_rank_].empty()) --top_rank_;
}

/// One more than may wait does so for a moment.
void FairQueue::resize_ranks(std::uint32_t max_length) {
  rank_count_ = std::size_t{std::max(max_length, length_)} + 2;
  const auto place = [](KeyQueue& key) {
    key.rank_link_.unlink();
    key.rank_ = 0;
  };
  for (KeyQueue& key : storage_) place(key);
  place(other_);
  ranks_ = std::make_unique<Rank[]>(rank_count_);
  top_rank_ = 0;
  for (KeyQueue& key : storage_) rerank(key);
  rerank(other_);
}

void FairQueue::resize_table(std::uint32_t max_keys) {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(max_keys, used_) + 1);
  if (size == table_.size()) return;
  table_.assign(size, nullptr);
  for (KeyQueue& key : storage_) {
    if (!key.used_) continue;
    KeyQueue*& chain = chain_of(key.id_);
    key.next_ = chain;
    chain = &key;
  }
}

}  // namespace fairlead::scheduler
