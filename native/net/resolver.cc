#include "net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "loop/wait_in.h"

namespace fairlead::net {
namespace {

// A name with more addresses than this is balanced over the first ones only.
constexpr std::size_t kMostAddresses = 1024;

}  // namespace

Addresses system_look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
  Addresses addresses;
  for (const addrinfo* at = list; at != nullptr && addresses.size() < kMostAddresses; at = at->ai_next) {
    sockaddr_storage storage{};
    std::memcpy(&storage, at->ai_addr, std::min<std::size_t>(at->ai_addrlen, sizeof(storage)));
    const IpAddress ip = Endpoint::from(storage).ip;
    if (std::find(addresses.begin(), addresses.end(), ip) == addresses.end()) addresses.push_back(ip);
  }
  ::freeaddrinfo(list);
  return addresses;
}

Resolver::~Resolver() { anchor_->resolver = nullptr; }

loop::Task<Result<Addresses>> Resolver::resolve(std::string_view host, Nanos deadline) {
  if (const auto literal = IpAddress::parse(host)) co_return Addresses{*literal};
  Entry& entry = entry_of(std::string(host));
  const Nanos now = loop_.now();
  if (entry.refresh_at <= now && !entry.asking) ask(std::string(host), entry);
  const bool has_old = !entry.addresses.empty();
  if (entry.asking && (!has_old || (entry.good_until <= now && !entry.overdue))) {
    const bool is_short = has_old && (deadline == 0 || now + kPatience < deadline);
    const loop::Wake wake = co_await loop::WaitIn(loop_, entry.waiting, is_short ? now + kPatience : deadline);
    entry.overdue |= wake == loop::Wake::kTimeout && entry.asking;
    if (wake == loop::Wake::kTimeout && entry.addresses.empty()) {
      co_return Error{Reason::kConnectTimeout, Origin::kUpstream, Retry::kYes};
    }
  }
  if (entry.addresses.empty()) co_return Error{Reason::kResolveFailed, Origin::kUpstream, Retry::kYes};
  co_return in_turn(entry);
}

/// Stays where it is while it is asked for or waited for.
Resolver::Entry& Resolver::entry_of(const std::string& host) {
  if (const auto found = entries_.find(host); found != entries_.end()) return *found->second;
  if (entries_.size() >= many_) forget_old();
  return *entries_.emplace(host, std::make_unique<Entry>()).first->second;
}

void Resolver::forget_old() {
  const Nanos kept = kRefreshesKept * refresh_;
  // A sum, not a difference: the clock counts from the start of the machine, which may be younger than that.
  std::erase_if(entries_, [kept, now = loop_.now()](const auto& named) {
    const Entry& entry = *named.second;
    return !entry.asking && entry.waiting.empty() && entry.good_until + kept < now;
  });
  // Twice as many the next time: of names that are all in use none is looked at often.
  many_ = std::max(kKept, 2 * entries_.size());
}

/// The addresses to try now. The other kind, if there is one, comes last, but it does come.
Addresses Resolver::in_turn(Entry& entry) {
  const std::size_t others = std::min<std::size_t>(entry.addresses.size() - entry.preferred, 2);
  const std::size_t preferred = std::min(entry.preferred, kMostAnswered - others);
  Addresses chosen;
  chosen.reserve(preferred + others);
  for (std::size_t i = 0; i < preferred; ++i) chosen.push_back(entry.addresses[(entry.turn + i) % entry.preferred]);
  for (std::size_t i = 0; i < others; ++i) chosen.push_back(entry.addresses[entry.preferred + i]);
  entry.turn = (entry.turn + 1) % entry.preferred;
  return chosen;
}

void Resolver::ask(const std::string& host, Entry& entry) {
  entry.asking = true;
  entry.overdue = false;
  // The anchor is read on the worker only; the answer merely carries it there.
  threads_.ask(host, [&mailbox = loop_.mailbox(), anchor = anchor_, host](Addresses addresses) {
    mailbox.post([anchor, host, addresses = std::move(addresses)]() mutable {
      if (anchor->resolver != nullptr) anchor->resolver->answered(host, std::move(addresses));
    });
  });
}

void Resolver::answered(const std::string& host, Addresses addresses) {
  Entry& entry = *entries_[host];
  entry.asking = false;
  const Nanos now = loop_.now();
  if (addresses.empty()) {
    // What was good is used on.
    entry.refresh_at = now + kFailed;
    entry.good_until = now + std::max(kFailed, refresh_);
  } else {
    entry.refresh_at = now + refresh_ / 2;
    entry.good_until = now + refresh_;
    const bool v4 = addresses.front().is_v4();
    const auto rest = std::stable_partition(addresses.begin(), addresses.end(),
                                            [v4](const IpAddress& address) { return address.is_v4() == v4; });
    entry.preferred = static_cast<std::size_t>(rest - addresses.begin());
    entry.addresses = std::move(addresses);
    entry.turn %= entry.preferred;
  }
  while (loop::Waiter* waiter = entry.waiting.pop_front()) loop_.make_ready(*waiter, loop::Wake::kReady);
}

}  // namespace fairlead::net
