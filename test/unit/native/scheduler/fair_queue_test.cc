#include "scheduler/fair_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace fairlead;
using scheduler::Discipline;
using scheduler::FairQueue;
using scheduler::FairQueueSettings;
using scheduler::KeyQueue;
using scheduler::KeyWeight;
using scheduler::Waiting;

namespace {

struct Request : Waiting {
  std::string name;
};

/// A queue with requests that live as long as it does.
class Fixture {
 public:
  explicit Fixture(const FairQueueSettings& settings) : queue(settings) {}
  ~Fixture() {
    while (queue.pop() != nullptr) {
    }
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  Request& push(std::string_view key, std::uint64_t cost = 1, std::string name = {}) {
    Request& request = *requests_.emplace_back(std::make_unique<Request>());
    request.cost = cost;
    request.name = name.empty() ? std::string(key) : std::move(name);
    queue.push(queue.key(key), request);
    return request;
  }
  /// The name of the next, "-" when there is none.
  std::string pop() {
    const auto* const next = static_cast<Request*>(queue.pop());
    return next == nullptr ? "-" : next->name;
  }
  std::string pop(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += pop();
    return all;
  }
  std::string overflow() {
    const auto* const last = static_cast<Request*>(queue.overflow());
    return last == nullptr ? "-" : last->name;
  }
  std::string keys() const {
    std::string all;
    queue.each([&](const KeyQueue& key) { all += std::string(key.text()) + " "; });
    return all;
  }

  FairQueue queue;

 private:
  std::vector<std::unique_ptr<Request>> requests_;
};

FairQueueSettings settings(std::uint32_t max_length = 1000, std::uint32_t max_keys = 100) {
  return {.max_length = max_length, .max_keys = max_keys};
}

}  // namespace

TEST_CASE("keys take turns, however much of each waits") {
  Fixture f(settings());
  CHECK(f.pop() == "-");
  for (int i = 0; i < 5; ++i) f.push("a");
  for (int i = 0; i < 2; ++i) f.push("b");
  f.push("c");
  CHECK(f.queue.length() == 8);
  CHECK(f.pop(8) == "abcabaaa");
  CHECK(f.queue.empty());
  CHECK(f.pop() == "-");
}

TEST_CASE("requests of one key keep their order") {
  Fixture f(settings());
  for (const char* name : {"1", "2", "3"}) f.push("a", 1, name);
  for (const char* name : {"x", "y"}) f.push("b", 1, name);
  CHECK(f.pop(5) == "1x2y3");
}

TEST_CASE("who comes while others wait gets the next turn but those before it") {
  Fixture f(settings());
  for (int i = 0; i < 50; ++i) f.push("flood");
  CHECK(f.pop() == "flood");
  f.push("quiet");
  CHECK(f.pop() == "quiet");
  CHECK(f.pop() == "flood");
}

TEST_CASE("a key is served as often in each round as its weight says, exactly") {
  const std::array<KeyWeight, 2> weights = {{{"gold", 4}, {"silver", 2}}};
  FairQueueSettings weighted = settings(10'000);
  weighted.weights = weights;
  Fixture f(weighted);
  for (int i = 0; i < 1000; ++i) {
    f.push("bronze");
    f.push("silver");
    f.push("gold");
  }
  std::map<std::string, int> served;
  for (int round = 1; round <= 200; ++round) {
    for (int i = 0; i < 7; ++i) ++served[f.pop()];
    CHECK(served["gold"] == 4 * round);
    CHECK(served["silver"] == 2 * round);
    CHECK(served["bronze"] == round);
  }
}

TEST_CASE("two keys that wait all the time are never further apart than a quantum and the largest request") {
  std::mt19937 random(7);
  const auto any = [&random](std::uint64_t from, std::uint64_t to) {
    return std::uniform_int_distribution<std::uint64_t>(from, to)(random);
  };
  for (int run = 0; run < 300; ++run) {
    const std::uint64_t quantum = any(1, 200);
    const std::uint64_t largest = any(1, 500);  // may be more than a quantum
    const auto first = static_cast<std::uint32_t>(any(1, 9));
    const auto second = run % 3 == 0 ? first : static_cast<std::uint32_t>(any(1, 9));
    CAPTURE(run);
    CAPTURE(quantum);
    CAPTURE(largest);
    const std::array<KeyWeight, 2> weights = {{{"a", first}, {"b", second}}};
    FairQueueSettings here = settings(1000, 8);
    here.quantum = quantum;
    here.weights = weights;
    Fixture f(here);
    double served_a = 0;
    double served_b = 0;
    int waiting_a = 0;
    int waiting_b = 0;
    std::vector<Request*> others;
    for (int step = 0; step < 400; ++step) {
      for (; waiting_a < 2; ++waiting_a) f.push("a", any(1, largest));
      for (; waiting_b < 2; ++waiting_b) f.push("b", any(1, largest));
      // Others come and go, some without having been served.
      if (any(0, 2) == 0) others.push_back(&f.push("c" + std::to_string(any(0, 4)), any(1, largest)));
      if (!others.empty() && any(0, 3) == 0) {
        f.queue.remove(*others.back());
        others.pop_back();
      }
      auto* const next = static_cast<Request*>(f.queue.pop());
      REQUIRE(next != nullptr);
      std::erase(others, next);
      if (next->name == "a") served_a += static_cast<double>(next->cost), --waiting_a;
      if (next->name == "b") served_b += static_cast<double>(next->cost), --waiting_b;
      const double apart = served_a / first - served_b / second;
      CHECK(std::abs(apart) <= static_cast<double>(quantum + largest));
    }
  }
}

TEST_CASE("a large request among small ones has its turn after as many rounds as it costs quanta") {
  FairQueueSettings here = settings();
  here.quantum = 10;
  Fixture f(here);
  f.push("large", 95);
  for (int i = 0; i < 300; ++i) f.push("small", 1);
  std::string before;
  for (std::string next = f.pop(); next != "large"; next = f.pop()) before += next[0];
  CHECK(before == std::string(90, 's'));  // nine rounds of ten; in its tenth it has saved enough
}

TEST_CASE("the ring is not walked round by round when every request is dearer than many quanta") {
  FairQueueSettings here = settings();
  Fixture f(here);
  f.push("a", 1ULL << 40);
  f.push("b", (1ULL << 40) + 5);
  f.push("c", 3);
  CHECK(f.pop(3) == "cab");
  CHECK(f.queue.turns() < 20);
}

TEST_CASE("choosing costs constant time, however many keys wait") {
  for (const std::uint32_t count : {10U, 1000U, 20'000U}) {
    CAPTURE(count);
    Fixture f(settings(4 * count, count));
    for (int round = 0; round < 3; ++round) {
      for (std::uint32_t i = 0; i < count; ++i) f.push(std::to_string(i));
    }
    for (std::uint32_t i = 0; i < 3 * count; ++i) REQUIRE(f.pop() == std::to_string(i % count));
    CHECK(f.queue.turns() <= 3 * count);
  }
}

TEST_CASE("a key that has nothing waiting leaves the ring and saves nothing up") {
  FairQueueSettings here = settings();
  here.quantum = 10;
  Fixture f(here);
  for (int i = 0; i < 100; ++i) {
    f.push("a", 1);
    CHECK(f.pop() == "a");
  }
  CHECK(f.queue.turns() == 0);
  for (int i = 0; i < 10; ++i) f.push("b", 10, "b" + std::to_string(i));
  f.push("a", 25);
  CHECK(f.pop(5) == "b0b1b2ab3");
}

TEST_CASE("what is taken out is not served, and others keep their places") {
  Fixture f(settings());
  Request& first = f.push("a", 1, "1");
  f.push("a", 1, "2");
  Request& only = f.push("b");
  f.push("c");
  f.queue.remove(first);
  f.queue.remove(only);
  CHECK(f.queue.length() == 2);
  CHECK(f.pop(3) == "2c-");
}

TEST_CASE("whatever comes and goes, each request is served, shed or taken out once, in the order of its key") {
  std::mt19937 random(11);
  const auto any = [&random](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  for (int run = 0; run < 200; ++run) {
    CAPTURE(run);
    const std::array<KeyWeight, 2> weights = {{{"1", static_cast<std::uint32_t>(any(1, 5))}, {"2", 3}}};
    const auto max_length = static_cast<std::uint32_t>(any(0, 12));
    FairQueueSettings here = settings(max_length, static_cast<std::uint32_t>(any(2, 8)));
    here.quantum = static_cast<std::uint64_t>(any(1, 4));
    here.weights = weights;
    if (run % 4 == 0) here.discipline = Discipline::kFirstInFirstOut;
    Fixture f(here);
    std::map<const KeyQueue*, std::deque<Request*>> model;
    std::size_t length = 0;
    const auto rank = [](const KeyQueue& key, std::size_t count) { return (count + key.weight() - 1) / key.weight(); };
    for (int step = 0; step < 300; ++step) {
      const int what = any(0, 9);
      if (what < 6) {
        Request& request = f.push(std::to_string(any(0, 9)), static_cast<std::uint64_t>(any(1, 6)));
        model[request.key].push_back(&request);
        ++length;
        std::size_t most = 0;
        for (const auto& [key, waiting] : model) most = std::max(most, rank(*key, waiting.size()));
        if (auto* const shed = static_cast<Request*>(f.queue.overflow())) {
          std::deque<Request*>& mine = model[shed->key];
          CHECK(length == max_length + 1);
          CHECK(mine.back() == shed);
          if (here.discipline == Discipline::kDeficitRoundRobin) CHECK(rank(*shed->key, mine.size()) == most);
          if (here.discipline == Discipline::kFirstInFirstOut) CHECK(shed == &request);
          mine.pop_back();
          --length;
        } else {
          CHECK(length <= max_length);
        }
      } else if (what < 9) {
        auto* const next = static_cast<Request*>(f.queue.pop());
        CHECK((next == nullptr) == (length == 0));
        if (next == nullptr) continue;
        std::deque<Request*>& mine = model[next->key];
        REQUIRE(!mine.empty());
        CHECK(mine.front() == next);
        mine.pop_front();
        --length;
      } else if (length > 0) {
        auto full = std::ranges::find_if(model, [](const auto& each) { return !each.second.empty(); });
        Request* const gone = full->second[full->second.size() / 2];
        f.queue.remove(*gone);
        std::erase(full->second, gone);
        --length;
      }
      REQUIRE(f.queue.length() == length);
    }
  }
}

TEST_CASE("first in, first out forgets about keys") {
  FairQueueSettings here = settings();
  here.discipline = Discipline::kFirstInFirstOut;
  Fixture f(here);
  for (const char* key : {"a", "a", "a", "b", "a", "c"}) f.push(key);
  CHECK(f.pop(6) == "aaabac");
}

TEST_CASE("a full queue sheds the last of the key that has the most waiting, not who comes") {
  Fixture f(settings(4));
  for (const char* name : {"1", "2", "3"}) f.push("flood", 1, name);
  f.push("quiet", 1, "q1");
  CHECK(f.overflow() == "-");
  f.push("quiet", 1, "q2");
  CHECK(f.overflow() == "3");
  CHECK(f.overflow() == "-");
  f.push("flood", 1, "4");  // who floods pays itself
  CHECK(f.overflow() == "4");
  CHECK(f.pop(4) == "1q12q2");
}

TEST_CASE("a key with a weight may have that much more waiting before it counts as the longest") {
  const std::array<KeyWeight, 1> weights = {{{"gold", 4}}};
  FairQueueSettings here = settings(8);
  here.weights = weights;
  Fixture f(here);
  for (int i = 0; i < 6; ++i) f.push("gold");
  for (int i = 0; i < 2; ++i) f.push("bronze");
  f.push("gold");
  CHECK(f.overflow() != "-");
  f.push("bronze");  // three of weight 1 are more than six of weight 4
  CHECK(f.overflow() == "bronze");
}

TEST_CASE("a queue without room takes nobody in") {
  Fixture f(settings(0));
  f.push("a");
  CHECK(f.overflow() == "a");
  CHECK(f.queue.empty());
}

TEST_CASE("keys beyond the bound share one queue, until others are idle") {
  Fixture f(settings(100, 2));
  f.push("a");
  f.push("b");
  f.push("c");
  f.push("d");
  f.push("d");
  CHECK(f.queue.keys() == 2);
  CHECK(f.queue.other().length() == 3);
  CHECK(f.pop(5) == "abcdd");
  f.push("e");
  CHECK(f.queue.other().length() == 0);
  CHECK(f.keys() == "e b other ");  // "a" had been idle for longest
}

TEST_CASE("what is known of a key that is forgotten lives on in the others, and active keys are not forgotten") {
  Fixture f(settings(100, 2));
  KeyQueue& a = f.queue.key("a");
  a.totals.served = 7;
  f.queue.begin(f.queue.key("b"));
  f.queue.key("c");
  CHECK(f.keys() == "c b other ");
  CHECK(f.queue.other().totals.served == 7);
  f.queue.begin(f.queue.key("c"));
  CHECK(&f.queue.key("d") == &f.queue.other());
  f.queue.end(f.queue.key("b"));
  CHECK(&f.queue.key("d") != &f.queue.other());
  CHECK(f.keys() == "c d other ");
}

TEST_CASE("keys with a weight always have their own queue") {
  const std::array<KeyWeight, 1> weights = {{{"gold", 4}}};
  FairQueueSettings here = settings(100, 2);
  here.weights = weights;
  Fixture f(here);
  CHECK(f.keys() == "gold ");
  for (const char* key : {"a", "b", "c"}) f.queue.key(key);
  CHECK(f.keys() == "gold c other ");
  f.push("a");
  f.push("b");
  f.push("gold");
  CHECK(f.queue.key("gold").length() == 1);
}

TEST_CASE("keys are told apart beyond what is shown of them, and may be empty") {
  Fixture f(settings());
  const std::string stem(KeyQueue::kShown, 'x');
  CHECK(&f.queue.key(stem + "1") != &f.queue.key(stem + "2"));
  CHECK(f.queue.key(stem + "1").text() == stem);
  CHECK(f.queue.key("").text().empty());
  CHECK(&f.queue.key("") == &f.queue.key(""));
}

TEST_CASE("new settings hold for those who wait") {
  Fixture f(settings());
  for (int i = 0; i < 6; ++i) f.push("a");
  for (int i = 0; i < 6; ++i) f.push("b");
  CHECK(f.pop(2) == "ab");
  SUBCASE("weights") {
    const std::array<KeyWeight, 1> weights = {{{"a", 3}}};
    FairQueueSettings here = settings();
    here.weights = weights;
    f.queue.configure(here);
    CHECK(f.pop(8) == "aaabaabb");
  }
  SUBCASE("the discipline, and back") {
    FairQueueSettings here = settings();
    here.discipline = Discipline::kFirstInFirstOut;
    f.queue.configure(here);
    CHECK(f.pop(3) == "aaa");
    f.queue.configure(settings());
    CHECK(f.pop(4) == "abab");
  }
  SUBCASE("the length") {
    f.queue.configure(settings(7));
    std::string shed;
    for (std::string next = f.overflow(); next != "-"; next = f.overflow()) shed += next;
    CHECK(shed.size() == 3);
    CHECK(std::ranges::count(shed, 'a') <= 2);
    CHECK(f.queue.length() == 7);
  }
  SUBCASE("the number of keys") {
    f.queue.configure(settings(100, 1));
    CHECK(f.queue.keys() == 2);  // both wait
    CHECK(f.pop(10).size() == 10);
    f.queue.key("c");
    CHECK(f.keys() == "c other ");
  }
}
