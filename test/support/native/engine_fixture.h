// An engine as its host sees it: bytes in, events out.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "stats/counters.h"
#include "test/support/native/snapshot_writer.h"
#include "test/support/native/sockets.h"

namespace fairlead::test {

/// Lets the test wait for events instead of asking for them.
class Bell final : public engine::Waker {
 public:
  void wake() override {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  /// Until it has rung more often than `seen`; the number of rings.
  int wait(int seen) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, std::chrono::seconds(1), [&] { return rings_ != seen; });
    return rings_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;
};

class EngineFixture {
 public:
  explicit EngineFixture(const engine::Options& options = {}) : engine(engine::Engine::create(options, bell_)) {}

  void apply(const SnapshotSpec& spec) { engine->apply(SnapshotWriter(spec).bytes()); }
  /// Starts it and lets it serve `spec`.
  void serve(const SnapshotSpec& spec) {
    REQUIRE(engine->start());
    apply(spec);
    REQUIRE(event("applied").find("\"generation\":" + std::to_string(spec.generation)) != std::string::npos);
  }
  /// The next event of that type, which has come or comes within twenty seconds. Others before it are kept.
  std::string event(std::string_view type) {
    const std::string start = "{\"type\":\"" + std::string(type) + "\"";
    for (int tries = 0, seen = 0; tries < 20; ++tries) {
      collect();
      for (auto at = lines_.begin(); at != lines_.end(); ++at) {
        if (!at->starts_with(start)) continue;
        std::string found = *at;
        lines_.erase(at);
        return found;
      }
      seen = bell_.wait(seen);
    }
    FAIL("no event " << type);
    return {};
  }
  /// Whether an event of that type has come by now.
  bool has_event(std::string_view type) {
    collect();
    const std::string start = "{\"type\":\"" + std::string(type) + "\"";
    for (const std::string& line : lines_) {
      if (line.starts_with(start)) return true;
    }
    return false;
  }
  /// The port of the entry point that has started to listen.
  std::uint16_t port() {
    const std::string told = event("listening");
    constexpr std::string_view kKey = "\"port\":";
    return static_cast<std::uint16_t>(std::stoi(told.substr(told.find(kKey) + kKey.size())));
  }
  std::uint64_t count(stats::Counter counter) const {
    std::array<std::uint64_t, stats::kCounterCount> values{};
    REQUIRE(engine->read_stats(values) == stats::kCounterCount);
    return values[static_cast<std::size_t>(counter)];
  }
  /// Waits until `done()`, which some other thread makes true.
  template <class Done>
  static void until(Done done) {
    for (int i = 0; i < 4000 && !done(); ++i) ::usleep(5000);
    REQUIRE(done());
  }

 private:
  void collect() {
    const std::string all = engine->events();
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = all.find('\n', at);
      lines_.push_back(all.substr(at, end - at));
      at = end + 1;
    }
  }

  Bell bell_;
  std::vector<std::string> lines_;

 public:
  std::unique_ptr<engine::Engine> engine;
};

}  // namespace fairlead::test
