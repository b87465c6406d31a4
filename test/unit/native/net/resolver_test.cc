#include "net/resolver.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>

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
  void set(const std::string& host, const std::string& address) {
    const std::lock_guard lock(mutex_);
    entries_[host] = *IpAddress::parse(address);
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
    return found == entries_.end() ? Addresses{} : Addresses{found->second};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, IpAddress> entries_;
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
  const Addresses addresses = ResolverThreads::system_look_up("localhost");
  REQUIRE_FALSE(addresses.empty());
  for (const IpAddress& address : addresses) {
    CHECK((address == *IpAddress::parse("127.0.0.1") || address == *IpAddress::parse("::1")));
  }
  CHECK(ResolverThreads::system_look_up("no such name").empty());
}
