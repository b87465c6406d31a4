#include "engine/events.h"

#include <utility>

namespace fairlead::engine {

Event::Event(std::string_view type) : json_("{") {
  quoted("type");
  json_ += ':';
  quoted(type);
}

Event& Event::text(std::string_view key, std::string_view value) {
  json_ += ',';
  quoted(key);
  json_ += ':';
  quoted(value);
  return *this;
}

Event& Event::number(std::string_view key, std::uint64_t value) {
  json_ += ',';
  quoted(key);
  json_ += ':';
  json_ += std::to_string(value);
  return *this;
}

Event& Event::json(std::string_view key, std::string_view value) {
  json_ += ',';
  quoted(key);
  json_ += ':';
  json_ += value;
  return *this;
}

std::string Event::finish() && {
  json_ += "}\n";
  return std::move(json_);
}

void Event::quoted(std::string_view text) {
  constexpr const char* kHex = "0123456789abcdef";
  json_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json_ += '\\';
      json_ += c;
    } else if (byte < 0x20) {
      json_ += "\\u00";
      json_ += kHex[byte >> 4];
      json_ += kHex[byte & 15];
    } else {
      json_ += c;
    }
  }
  json_ += '"';
}

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
