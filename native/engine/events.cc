#include "engine/events.h"

#include <utility>

namespace fairlead::engine {

Event::Event(std::string_view type) { json_.begin_object().text("type", type); }

Event& Event::text(std::string_view key, std::string_view value) {
  json_.text(key, value);
  return *this;
}

Event& Event::number(std::string_view key, std::uint64_t value) {
  json_.number(key, value);
  return *this;
}

Event& Event::json(std::string_view key, std::string_view value) {
  json_.key(key).raw(value);
  return *this;
}

std::string Event::finish() && { return json_.end_object().take() + '\n'; }

Event server_event(std::string_view service, const upstream::ServerReport& server) {
  Event event("server");
  event.text("service", service).text("url", server.url).text("state", server.up ? "up" : "down");
  event.text("cause", upstream::cause_name(server.cause)).number("since", server.since / kMillisecond);
  event.text("error", server.error);
  return event;
}

void Events::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() == kMost) {
      lines_.pop_front();
      ++lost_;
    }
    lines_.push_back(std::move(event).finish());
  }
  waker_.wake();
}

std::string Events::take() {
  const std::lock_guard lock(mutex_);
  std::string all;
  if (lost_ > 0) {
    Event lost("eventsLost");
    lost.number("count", std::exchange(lost_, 0));
    all += std::move(lost).finish();
  }
  for (const std::string& line : lines_) all += line;
  lines_.clear();
  return all;
}

}  // namespace fairlead::engine
