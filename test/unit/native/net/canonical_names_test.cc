#include "net/canonical_names.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Task;
using net::CanonicalName;
using net::CanonicalNames;
using net::CanonicalThreads;
using Kind = CanonicalName::Kind;

namespace {

/// Answers from a table; others fail. While it is held nothing is answered.
class Zone {
 public:
  void set(const std::string& host, CanonicalName name) {
    const std::lock_guard lock(mutex_);
    names_[host] = std::move(name);
  }
  void remove(const std::string& host) {
    const std::lock_guard lock(mutex_);
    names_.erase(host);
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  int asked() const { return asked_.load(); }

  CanonicalName look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.wait(lock, [&] { return !held_; });
    const auto found = names_.find(host);
    return found == names_.end() ? CanonicalName{} : found->second;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, CanonicalName> names_;
  bool held_ = false;
  std::atomic<int> asked_{0};
};

CanonicalName other(const std::string& name, Nanos holds) { return {Kind::kOther, name, holds}; }

struct Fixture {
  ~Fixture() {
    zone->hold(false);
    threads.stop();
  }
  /// As an exchange asks.
  std::string resolve(std::string_view host) {
    const auto known = names.find(host);
    return std::string(known ? *known : test::run(loop, names.wait_for(host)));
  }
  /// What is known without waiting; "?" for nothing.
  std::string known(std::string_view host) { return std::string(names.find(host).value_or("?")); }
  void settle() {
    test::run_until(loop, [&] { return names.asking() == 0; });
  }
  void pass(Nanos time) {
    const Nanos until = loop.refresh_now() + time;
    test::run_until(loop, [&] { return loop.now() >= until; });
  }

  std::shared_ptr<Zone> zone = std::make_shared<Zone>();
  loop::Loop loop;
  CanonicalThreads threads{[zone = zone](const std::string& host) { return zone->look_up(host); }};
  CanonicalNames names{loop, threads};
};

}  // namespace

TEST_CASE("a name is waited for once and then known") {
  Fixture f;
  f.zone->set("a.com", other("edge.example", 60 * kSecond));
  CHECK(f.known("a.com") == "?");
  CHECK(f.resolve("a.com") == "edge.example");
  CHECK(f.known("a.com") == "edge.example");
  CHECK(f.zone->asked() == 1);
}

TEST_CASE("that there is no other name is known as well") {
  Fixture f;
  f.zone->set("a.com", {Kind::kSame, {}, 0});
  f.zone->set("circle.com", other("circle.com", 60 * kSecond));
  CHECK(f.resolve("a.com").empty());
  CHECK(f.resolve("circle.com").empty());
  CHECK(f.known("a.com").empty());
  CHECK(f.known("circle.com").empty());
  CHECK(f.zone->asked() == 2);
}

TEST_CASE("addresses and what is no name are not asked for") {
  Fixture f;
  for (const char* host : {"", "127.0.0.1", "::1", "a..b", "a b", "UPPER.com"}) CHECK(f.known(host).empty());
  CHECK(f.names.size() == 0);
}

TEST_CASE("several requests share a look-up, and one may give up") {
  Fixture f;
  f.zone->set("a.com", other("edge.example", 60 * kSecond));
  f.zone->hold(true);
  REQUIRE(f.known("a.com") == "?");
  REQUIRE(f.known("a.com") == "?");
  std::vector<Task<std::string_view>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(f.names.wait_for("a.com"));
  for (auto& task : tasks) task.start();
  tasks[1].cancel();
  f.zone->hold(false);
  test::run_until(f.loop, [&] { return tasks[0].done() && tasks[2].done(); });
  CHECK(tasks[0].take() == "edge.example");
  CHECK(tasks[2].take() == "edge.example");
  CHECK(f.zone->asked() == 1);
}

TEST_CASE("a name in use is looked up again beside the traffic, before its time is over") {
  Fixture f;
  f.zone->set("a.com", other("old.example", 0));  // holds for the shortest time
  CHECK(f.resolve("a.com") == "old.example");
  f.zone->set("a.com", other("new.example", 60 * kSecond));
  test::run_until(f.loop, [&] {
    f.names.find("a.com");
    return f.zone->asked() == 2;
  });
  f.settle();
  CHECK(f.known("a.com") == "new.example");
}

TEST_CASE("an answer whose time is over is waited for") {
  Fixture f;
  f.zone->set("a.com", other("old.example", 0));
  CHECK(f.resolve("a.com") == "old.example");
  f.pass(CanonicalNames::kShortest);
  f.zone->set("a.com", other("new.example", 60 * kSecond));
  CHECK(f.known("a.com") == "?");
  CHECK(f.resolve("a.com") == "new.example");
}

TEST_CASE("while look-ups fail what was known holds, and nobody waits") {
  Fixture f;
  f.zone->set("a.com", other("old.example", 0));
  CHECK(f.resolve("a.com") == "old.example");
  f.zone->remove("a.com");
  f.pass(CanonicalNames::kShortest);
  CHECK(f.resolve("a.com") == "old.example");
  CHECK(f.known("a.com") == "old.example");
  CHECK(f.zone->asked() == 2);
  // The same of a name that nobody has ever known.
  CHECK(f.resolve("b.com").empty());
  CHECK(f.known("b.com").empty());
  CHECK(f.zone->asked() == 3);
}

TEST_CASE("a request goes on without an answer that does not come, and the next ones do not even wait") {
  Fixture f;
  f.zone->hold(true);
  const Nanos begun = f.loop.refresh_now();
  CHECK(f.resolve("a.com").empty());
  CHECK(f.loop.refresh_now() - begun >= CanonicalNames::kPatience);
  CHECK(f.known("a.com").empty());
  f.zone->set("a.com", other("edge.example", 60 * kSecond));
  f.zone->hold(false);
  f.settle();
  CHECK(f.known("a.com") == "edge.example");
}

TEST_CASE("only so many look-ups are under way; further names go without one") {
  Fixture f;
  f.zone->hold(true);
  for (std::size_t i = 0; i < CanonicalNames::kMostAsking; ++i) CHECK(f.known("n" + std::to_string(i)) == "?");
  CHECK(f.known("more").empty());
  CHECK(f.names.asking() == CanonicalNames::kMostAsking);
  CHECK(f.names.size() == CanonicalNames::kMostAsking);
  f.zone->hold(false);
  f.settle();
  CHECK(f.known("more") == "?");
}

TEST_CASE("only so many names are kept: those that were asked for last") {
  Fixture f;
  f.zone->set("kept.com", other("edge.example", 600 * kSecond));
  CHECK(f.resolve("kept.com") == "edge.example");
  for (std::size_t i = 0; i < CanonicalNames::kMostNames + 100; ++i) {
    f.names.find("n" + std::to_string(i));
    if (f.names.asking() == CanonicalNames::kMostAsking) f.settle();
    CHECK(f.known("kept.com") == "edge.example");
  }
  f.settle();
  CHECK(f.names.size() == CanonicalNames::kMostNames);
  CHECK(f.known("n0") == "?");
  f.settle();
}

TEST_CASE("answers that come after the cache are dropped") {
  auto zone = std::make_shared<Zone>();
  loop::Loop loop;
  CanonicalThreads threads{[zone](const std::string& host) { return zone->look_up(host); }};
  zone->hold(true);
  {
    CanonicalNames names(loop, threads);
    CHECK_FALSE(names.find("a.com").has_value());
  }
  zone->hold(false);
  threads.stop();
  const Nanos until = loop.refresh_now() + kMillisecond;
  test::run_until(loop, [&] { return loop.now() >= until; });
  CHECK(zone->asked() <= 1);
}
