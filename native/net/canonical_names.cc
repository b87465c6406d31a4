#include "net/canonical_names.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "loop/wait_in.h"
#include "net/dns.h"

namespace fairlead::net {
namespace {

/// Nobody waits for an answer that may never come.
constexpr Nanos kForever = std::numeric_limits<Nanos>::max();

}  // namespace

CanonicalNames::~CanonicalNames() { anchor_->names = nullptr; }

std::optional<std::string_view> CanonicalNames::find(std::string_view host) {
  Entry* entry = known(host);
  if (entry == nullptr) {
    if (asking_ >= kMostAsking || !is_dns_name(host)) return std::string_view();
    entry = &add(host);
  }
  const Nanos now = loop_.now();
  if (entry->refresh_at <= now && !entry->asking && asking_ < kMostAsking) ask(*entry);
  if (entry->asking && entry->good_until <= now) return std::nullopt;
  return entry->name;
}

loop::Task<std::string_view> CanonicalNames::wait_for(std::string_view host) {
  Entry* entry = known(host);
  if (entry == nullptr) co_return std::string_view();
  // cppcheck-suppress nullPointerRedundantCheck; it does not know that co_return leaves
  const loop::Wake wake = co_await loop::WaitIn(loop_, entry->waiting, loop_.now() + kPatience);
  entry = known(host);  // it may have had to go
  if (entry == nullptr) co_return std::string_view();
  // One request that has waited in vain is enough.
  if (wake == loop::Wake::kTimeout && entry->asking) entry->good_until = kForever;
  co_return entry->name;
}

/// Also notes that it was asked for.
CanonicalNames::Entry* CanonicalNames::known(std::string_view host) {
  const auto found = entries_.find(host);
  if (found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  if (!entry.asking) {
    entry.unlink();
    recent_.push_back(entry);
  }
  return &entry;
}

CanonicalNames::Entry& CanonicalNames::add(std::string_view host) {
  if (entries_.size() >= kMostNames) make_room();
  const auto added = entries_.try_emplace(std::string(host)).first;
  added->second.host = added->first;
  return added->second;
}

void CanonicalNames::make_room() {
  // There is one: far fewer than all of them are being looked up.
  Entry* const oldest = recent_.pop_front();
  entries_.erase(entries_.find(oldest->host));
}

void CanonicalNames::ask(Entry& entry) {
  entry.asking = true;
  ++asking_;
  entry.unlink();
  busy_.push_back(entry);
  std::string host(entry.host);
  // The anchor is read on the worker only; the answer merely carries it there.
  threads_.ask(host, [&mailbox = loop_.mailbox(), anchor = anchor_, host](CanonicalName found) {
    mailbox.post([anchor, host, found = std::move(found)]() mutable {
      if (anchor->names != nullptr) anchor->names->answered(host, std::move(found));
    });
  });
}

void CanonicalNames::answered(const std::string& host, CanonicalName found) {
  Entry& entry = entries_.find(host)->second;
  entry.asking = false;
  --asking_;
  entry.unlink();
  recent_.push_back(entry);
  const Nanos now = loop_.now();
  if (found.kind == CanonicalName::Kind::kFailed) {
    entry.refresh_at = now + kFailed;
    entry.good_until = kForever;
  } else {
    const bool same = found.kind == CanonicalName::Kind::kSame || found.name == host;
    const Nanos holds = same ? kNegative : std::clamp(found.time_to_live, kShortest, kLongest);
    entry.name = same ? std::string() : std::move(found.name);
    entry.refresh_at = now + holds / 2;
    entry.good_until = now + holds;
  }
  while (loop::Waiter* waiter = entry.waiting.pop_front()) loop_.make_ready(*waiter, loop::Wake::kReady);
}

}  // namespace fairlead::net
