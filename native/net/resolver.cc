#include "net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

#include "loop/thread.h"

namespace fairlead::net {
namespace {

// A name with more addresses than this is balanced over the first ones only.
constexpr std::size_t kMostAddresses = 1024;
// What stop() grants look-ups that are under way.
constexpr auto kStopPatience = std::chrono::seconds(1);

}  // namespace

/// What the threads share.
struct ResolverThreads::State {
  struct Question {
    std::string host;
    std::vector<Answer> answers;
  };

  LookUp look_up;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable ended;
  std::deque<std::shared_ptr<Question>> questions;
  /// Those and the ones under way, by their host.
  std::unordered_map<std::string, std::shared_ptr<Question>> open;
  unsigned running = 0;
  unsigned idle = 0;
  bool stopping = false;
};

Addresses ResolverThreads::system_look_up(const std::string& host) {
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

ResolverThreads::ResolverThreads(LookUp look_up) : state_(std::make_shared<State>()) {
  state_->look_up = std::move(look_up);
}

void ResolverThreads::ask(std::string host, Answer answer) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  if (const auto same = state_->open.find(host); same != state_->open.end()) {
    same->second->answers.push_back(std::move(answer));
    return;
  }
  if (state_->questions.size() >= state_->idle && state_->running < kMost &&
      loop::start_detached("fairlead-dns", [state = state_] { run(state); })) {
    ++state_->running;
  }
  if (state_->running == 0) return answer({});  // no room for a single thread: tried again when it is asked again
  auto question = std::make_shared<State::Question>();
  question->host = std::move(host);
  question->answers.push_back(std::move(answer));
  state_->open.emplace(question->host, question);
  state_->questions.push_back(std::move(question));
  state_->wake.notify_one();
}

void ResolverThreads::stop() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->questions.clear();
  state_->open.clear();
  state_->wake.notify_all();
  state_->ended.wait_for(lock, kStopPatience, [this] { return state_->running == 0; });
}

void ResolverThreads::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    state->wake.wait(lock, [&state] { return state->stopping || !state->questions.empty(); });
    --state->idle;
    if (state->stopping) break;
    const std::shared_ptr<State::Question> question = std::move(state->questions.front());
    state->questions.pop_front();
    lock.unlock();
    const Addresses addresses = state->look_up(question->host);
    lock.lock();
    // cppcheck-suppress identicalConditionAfterEarlyExit; the lock was open in between
    if (state->stopping) break;
    state->open.erase(question->host);
    // Under the lock, so that stop() waits for it.
    for (const Answer& answer : question->answers) answer(addresses);
  }
  --state->running;
  state->ended.notify_all();
}

/// Awaitable: until the entry is answered or the deadline passes.
class Resolver::Wait {
 public:
  Wait(loop::Loop& loop, Entry& entry, Nanos deadline)
      : loop_(loop), entry_(entry), deadline_(deadline), timer_([](loop::Timer& timer) {
          Wait& self = *static_cast<Deadline&>(timer).owner;
          self.loop_.make_ready(self.waiter_, loop::Wake::kTimeout);
        }) {
    timer_.owner = this;
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_.handle = handle;
    entry_.waiting.push_back(waiter_);
    if (deadline_ != 0) loop_.timers().arm(timer_, deadline_);
  }
  loop::Wake await_resume() const { return waiter_.outcome; }

 private:
  struct Deadline : loop::Timer {
    using Timer::Timer;
    Wait* owner = nullptr;
  };
  loop::Loop& loop_;
  Entry& entry_;
  Nanos deadline_;
  loop::Waiter waiter_;
  Deadline timer_;
};

Resolver::~Resolver() { anchor_->resolver = nullptr; }

loop::Task<Result<Addresses>> Resolver::resolve(std::string_view host, Nanos deadline) {
  if (const auto literal = IpAddress::parse(host)) co_return Addresses{*literal};
  std::unique_ptr<Entry>& slot = entries_[std::string(host)];
  if (slot == nullptr) slot = std::make_unique<Entry>();
  Entry& entry = *slot;  // entries are never erased: their names come from the configuration
  const Nanos now = loop_.now();
  if (entry.refresh_at <= now && !entry.asking) ask(std::string(host), entry);
  const bool has_old = !entry.addresses.empty();
  if (entry.asking && (!has_old || (entry.good_until <= now && !entry.overdue))) {
    const bool is_short = has_old && (deadline == 0 || now + kPatience < deadline);
    const loop::Wake wake = co_await Wait(loop_, entry, is_short ? now + kPatience : deadline);
    entry.overdue |= wake == loop::Wake::kTimeout && entry.asking;
    if (wake == loop::Wake::kTimeout && entry.addresses.empty()) {
      co_return Error{Reason::kConnectTimeout, Origin::kUpstream, Retry::kYes};
    }
  }
  if (entry.addresses.empty()) co_return Error{Reason::kResolveFailed, Origin::kUpstream, Retry::kYes};
  co_return in_turn(entry);
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
