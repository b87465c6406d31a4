#include "net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace fairlead::net {
namespace {

// A name with more addresses than this is balanced over the first ones only.
constexpr std::size_t kMostAddresses = 64;

Addresses look_up(const std::string& host) {
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

}  // namespace

void ResolverThread::start() {
  thread_ = std::thread([this] { run(); });
}

void ResolverThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ResolverThread::ask(std::string host, Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back({std::move(host), std::move(answer)});
  }
  wake_.notify_one();
}

void ResolverThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    question.answer(look_up(question.host));
    lock.lock();
  }
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
  loop::Wake await_resume() { return waiter_.outcome; }

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
  if (entry.expires <= loop_.now() && !entry.asking) ask(std::string(host), entry);
  if (entry.addresses.empty() && entry.asking) {
    const loop::Wake wake = co_await Wait(loop_, entry, deadline);
    if (wake == loop::Wake::kTimeout) co_return Error{Reason::kConnectTimeout, Origin::kUpstream, Retry::kYes};
  }
  if (entry.addresses.empty()) co_return Error{Reason::kResolveFailed, Origin::kUpstream, Retry::kYes};
  co_return entry.addresses;
}

void Resolver::ask(const std::string& host, Entry& entry) {
  entry.asking = true;
  // The anchor is read on the worker only; the answer merely carries it there.
  thread_.ask(host, [&mailbox = loop_.mailbox(), anchor = anchor_, host](Addresses addresses) {
    mailbox.post([anchor, host, addresses = std::move(addresses)]() mutable {
      if (anchor->resolver != nullptr) anchor->resolver->answered(host, std::move(addresses));
    });
  });
}

void Resolver::answered(const std::string& host, Addresses addresses) {
  Entry& entry = *entries_[host];
  entry.asking = false;
  entry.expires = loop_.now() + (addresses.empty() ? kFailed : kFresh);
  if (!addresses.empty()) entry.addresses = std::move(addresses);
  while (loop::Waiter* waiter = entry.waiting.pop_front()) loop_.make_ready(*waiter, loop::Wake::kReady);
}

}  // namespace fairlead::net
