#include "net/resolver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Task;
using net::Addresses;
using net::IpAddress;
using net::Resolver;
using net::ResolverThreads;

namespace {

/// Answers from a table; names that are missing fail, and names that are held wait.
class Book {
 public:
  void set(const std::string& host, const std::string& address) { set(host, std::vector<std::string>{address}); }
  void set(const std::string& host, const std::vector<std::string>& addresses) {
    const std::lock_guard lock(mutex_);
    entries_[host].clear();
    for (const std::string& address : addresses) entries_[host].push_back(*IpAddress::parse(address));
  }
  void remove(const std::string& host) {
    const std::lock_guard lock(mutex_);
    entries_.erase(host);
  }
  void hold(const std::string& host) {
    const std::lock_guard lock(mutex_);
    held_ = host;
  }
  void release() {
    hold("");
    changed_.notify_all();
  }
  int asked() const { return asked_.load(); }

  Addresses look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.wait(lock, [&] { return held_ != host; });
    const auto found = entries_.find(host);
    return found == entries_.end() ? Addresses{} : found->second;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Addresses> entries_;
  std::string held_;
  std::atomic<int> asked_{0};
};

struct Fixture {
  ~Fixture() {
    book->release();
    threads.stop();
  }
  std::string resolve(std::string_view host, Nanos deadline = 0) {
    const Result<Addresses> result = test::run(loop, resolver.resolve(host, deadline));
    if (!result.ok()) return reason_name(result.error().reason);
    char text[46];
    return std::string(result->front().format(text));
  }
  /// All addresses of an answer, joined by commas.
  std::string resolve_all(std::string_view host) {
    const Result<Addresses> result = test::run(loop, resolver.resolve(host, 0));
    REQUIRE(result.ok());
    std::string all;
    for (const IpAddress& address : *result) {
      char text[46];
      all += (all.empty() ? "" : ",") + std::string(address.format(text));
    }
    return all;
  }
  /// Waits until the cached answer has been asked for again.
  void age(Nanos by) { test::run(loop, sleep(by)); }
  Task<void> sleep(Nanos duration) { co_await loop::SleepUntil(loop, loop.now() + duration); }

  std::shared_ptr<Book> book = std::make_shared<Book>();
  loop::Loop loop;
  ResolverThreads threads{[book = book](const std::string& host) { return book->look_up(host); }};
  Resolver resolver{loop, threads};
};

}  // namespace

TEST_CASE("literal addresses are not looked up") {
  Fixture f;
  CHECK(f.resolve("192.0.2.7") == "192.0.2.7");
  CHECK(f.resolve("2001:db8::1") == "2001:db8::1");
  CHECK(f.book->asked() == 0);
}

TEST_CASE("names are looked up once and remembered") {
  Fixture f;
  f.book->set("api", "10.0.0.1");
  CHECK(f.resolve("api") == "10.0.0.1");
  CHECK(f.resolve("api") == "10.0.0.1");
  CHECK(f.book->asked() == 1);
}

TEST_CASE("of very many names those are forgotten that nobody has used for long") {
  Fixture f;
  f.resolver.set_refresh(50'000);
  f.book->set("kept", "10.0.0.1");
  for (std::size_t i = 0; i < Resolver::kKept; ++i) f.resolve("name" + std::to_string(i));
  CHECK(f.resolver.size() == Resolver::kKept);
  f.age(Resolver::kFailed + 2 * Resolver::kRefreshesKept * 50'000);
  CHECK(f.resolve("kept") == "10.0.0.1");
  CHECK(f.resolver.size() == 1);
  // Names in use stay, however many there are.
  f.resolver.set_refresh(kSecond);
  for (std::size_t i = 0; i < 2 * Resolver::kKept; ++i) f.resolve("name" + std::to_string(i));
  CHECK(f.resolver.size() == 2 * Resolver::kKept + 1);
}

TEST_CASE("names are kept longer than the machine has been running") {
  Fixture f;
  f.resolver.set_refresh(f.loop.now());
  for (std::size_t i = 0; i < 2 * Resolver::kKept; ++i) f.resolve("name" + std::to_string(i));
  CHECK(f.resolver.size() == 2 * Resolver::kKept);
}

TEST_CASE("several that wait for one name share its look-up, and one may give up") {
  Fixture f;
  f.book->set("api", "10.0.0.1");
  f.book->hold("api");
  Task<Result<Addresses>> first = f.resolver.resolve("api", 0);
  Task<Result<Addresses>> second = f.resolver.resolve("api", 0);
  Task<Result<Addresses>> cancelled = f.resolver.resolve("api", 0);
  for (auto* task : {&first, &second, &cancelled}) task->start();
  cancelled.cancel();
  f.book->release();
  test::run_until(f.loop, [&] { return first.done() && second.done(); });
  CHECK(first.take().ok());
  CHECK(second.take().ok());
  CHECK(f.book->asked() == 1);
}

TEST_CASE("a failure is told, remembered for a moment, and asked for again after it") {
  Fixture f;
  CHECK(f.resolve("api") == "resolve_failed");
  CHECK(f.resolve("api") == "resolve_failed");
  CHECK(f.book->asked() == 1);
  f.book->set("api", "10.0.0.1");
  f.age(Resolver::kFailed + 10 * kMillisecond);
  CHECK(f.resolve("api") == "10.0.0.1");
}

TEST_CASE("waiting ends at the deadline; the answer still comes to be remembered") {
  Fixture f;
  f.book->set("api", "10.0.0.1");
  f.book->hold("api");
  CHECK(f.resolve("api", f.loop.refresh_now() + 10 * kMillisecond) == "connect_timeout");
  f.book->release();
  CHECK(f.resolve("api") == "10.0.0.1");
  CHECK(f.book->asked() == 1);
}

TEST_CASE("a name that hangs does not keep others waiting") {
  Fixture f;
  f.book->set("good", "10.0.0.2");
  f.book->hold("dead");
  Task<Result<Addresses>> hanging = f.resolver.resolve("dead", 0);
  hanging.start();
  CHECK(f.resolve("good") == "10.0.0.2");
  CHECK_FALSE(hanging.done());
}

TEST_CASE("answers begin with one address after the other") {
  Fixture f;
  f.book->set("api", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  CHECK(f.resolve_all("api") == "10.0.0.1,10.0.0.2,10.0.0.3");
  CHECK(f.resolve_all("api") == "10.0.0.2,10.0.0.3,10.0.0.1");
  CHECK(f.resolve_all("api") == "10.0.0.3,10.0.0.1,10.0.0.2");
  CHECK(f.resolve_all("api") == "10.0.0.1,10.0.0.2,10.0.0.3");
  CHECK(f.book->asked() == 1);
}

TEST_CASE("addresses of the kind that the system puts first come first, whatever the turn") {
  Fixture f;
  f.book->set("api", {"2001:db8::1", "10.0.0.1", "2001:db8::2"});
  CHECK(f.resolve_all("api") == "2001:db8::1,2001:db8::2,10.0.0.1");
  CHECK(f.resolve_all("api") == "2001:db8::2,2001:db8::1,10.0.0.1");
}

TEST_CASE("D18: of a thousand addresses each has its turn, and a few are told at a time") {
  Fixture f;
  std::vector<std::string> thousand;
  for (int i = 0; i < 1000; ++i) thousand.push_back("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  thousand.push_back("2001:db8::1");
  f.book->set("api", thousand);
  std::map<std::string, int> first;
  for (int i = 0; i < 1000; ++i) {
    const Result<Addresses> result = test::run(f.loop, f.resolver.resolve("api", 0));
    REQUIRE(result.ok());
    REQUIRE(result->size() == Resolver::kMostAnswered);
    CHECK_FALSE(result->back().is_v4());
    char text[46];
    ++first[std::string(result->front().format(text))];
  }
  CHECK(first.size() == 1000);
}

TEST_CASE("D18: an address that changes is used within the refresh time, and what is in use is looked up beside it") {
  Fixture f;
  f.resolver.set_refresh(200 * kMillisecond);
  f.book->set("api", "10.0.0.1");
  CHECK(f.resolve("api") == "10.0.0.1");
  f.book->set("api", "10.0.0.2");
  // Nobody has asked for so long that the old answer is not good any more: the new one is waited for.
  f.age(210 * kMillisecond);
  CHECK(f.resolve("api") == "10.0.0.2");
  CHECK(f.book->asked() == 2);
  // Half of the time has passed: the answer is at hand, and the next one on its way.
  f.resolver.set_refresh(2 * kSecond);
  f.age(210 * kMillisecond);
  CHECK(f.resolve("api") == "10.0.0.2");
  f.book->hold("api");
  f.age(kSecond + 10 * kMillisecond);
  CHECK(f.resolve("api") == "10.0.0.2");
  f.book->release();
}

TEST_CASE("D18: what was good is used on when the name fails or hangs") {
  Fixture f;
  f.resolver.set_refresh(50 * kMillisecond);
  f.book->set("api", "10.0.0.1");
  CHECK(f.resolve("api") == "10.0.0.1");
  f.book->remove("api");
  f.age(60 * kMillisecond);
  CHECK(f.resolve("api") == "10.0.0.1");
  f.book->hold("api");
  f.age(Resolver::kFailed + 60 * kMillisecond);
  // One waits for a second and no longer, the next ones not at all.
  const Nanos before = f.loop.refresh_now();
  CHECK(f.resolve("api") == "10.0.0.1");
  CHECK(f.loop.refresh_now() - before >= Resolver::kPatience - 10 * kMillisecond);
  const int asked = f.book->asked();
  for (int i = 0; i < 100; ++i) CHECK(f.resolve("api") == "10.0.0.1");
  CHECK(f.book->asked() == asked);
}

TEST_CASE("D18: however many workers want a name that hangs, it takes one look-up") {
  Fixture f;
  f.book->set("good", "10.0.0.2");
  f.book->hold("dead");
  std::vector<std::unique_ptr<Resolver>> workers;
  std::vector<Task<Result<Addresses>>> waiting;
  for (unsigned i = 0; i < 4 * ResolverThreads::kMost; ++i) {
    workers.push_back(std::make_unique<Resolver>(f.loop, f.threads));
    waiting.push_back(workers.back()->resolve("dead", 0));
    waiting.back().start();
  }
  CHECK(f.resolve("good") == "10.0.0.2");
  // Another thread than that of the good name may still be about to ask.
  test::run_until(f.loop, [&] { return f.book->asked() == 2; });
  f.book->set("dead", "10.0.0.9");
  f.book->release();
  test::run_until(f.loop, [&] { return std::ranges::all_of(waiting, [](const auto& task) { return task.done(); }); });
  for (auto& task : waiting) CHECK(task.take().ok());
  CHECK(f.book->asked() == 2);
}

TEST_CASE("after stop() nothing is answered, though a look-up may still be under way") {
  Book book;
  book.hold("api");
  std::atomic<int> answers{0};
  std::promise<void> over;
  {
    ResolverThreads threads([&](const std::string& host) {
      Addresses addresses = book.look_up(host);
      over.set_value();
      return addresses;
    });
    threads.ask("api", [&](const Addresses&) { ++answers; });
    while (book.asked() == 0) std::this_thread::yield();
    threads.ask("never started", [&](const Addresses&) { ++answers; });
    threads.stop();
    threads.ask("too late", [&](const Addresses&) { ++answers; });
  }
  book.release();
  over.get_future().wait();
  CHECK(answers == 0);
}

TEST_CASE("an answer for a resolver that is gone is dropped") {
  const auto book = std::make_shared<Book>();
  loop::Loop loop;
  ResolverThreads threads([book](const std::string& host) { return book->look_up(host); });
  book->hold("api");
  {
    Resolver resolver(loop, threads);
    Task<Result<Addresses>> waiting = resolver.resolve("api", 0);
    waiting.start();
    // Destroyed in this order: the waiter, then the resolver.
  }
  book->release();
  Resolver other(loop, threads);
  const Result<Addresses> failed = test::run(loop, other.resolve("nobody", 0));
  CHECK_FALSE(failed.ok());
  threads.stop();
}

TEST_CASE("the system's resolver knows localhost, and knows that .invalid names nothing") {
  const Addresses addresses = net::system_look_up("localhost");
  REQUIRE_FALSE(addresses.empty());
  for (const IpAddress& address : addresses) {
    CHECK((address == *IpAddress::parse("127.0.0.1") || address == *IpAddress::parse("::1")));
  }
  CHECK(net::system_look_up("no such name").empty());
}
