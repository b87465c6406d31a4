// What the engine tells its host, as JSON lines.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/engine.h"
#include "upstream/health.h"

namespace fairlead::engine {

/// One event under construction: {"type":"...", ...}.
class Event {
 public:
  explicit Event(std::string_view type);
  Event& text(std::string_view key, std::string_view value);
  Event& number(std::string_view key, std::uint64_t value);
  /// `value` is JSON.
  Event& json(std::string_view key, std::string_view value);
  /// As one line.
  std::string finish() &&;

 private:
  JsonWriter json_;
};

/// The event that tells the state of a server.
Event server_event(std::string_view service, const upstream::ServerReport& server);

/// A bounded queue; the oldest are dropped and counted. Any thread.
class Events {
 public:
  explicit Events(Waker& waker) : waker_(waker) {}
  void push(Event event);
  std::string take();

 private:
  // Events come from reloads and drains, not from requests: this many unread ones mean a host that does not listen.
  static constexpr std::size_t kMost = 4096;

  Waker& waker_;
  std::mutex mutex_;
  std::deque<std::string> lines_;
  std::uint64_t lost_ = 0;
};

}  // namespace fairlead::engine
