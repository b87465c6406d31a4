// What holds for a request at the services on its way: the limit it would wait for, its cookie, its deadlines.
#include <algorithm>
#include <string>

#include "exchange/limit_key.h"
#include "exchange/walk.h"
#include "scheduler/fair_queue.h"

namespace fairlead::exchange {

void Walk::limit(const wire::Service& service) {
  if (service.limit == wire::kNone) return;
  const wire::ConcurrencyLimit& settings = *plan_.limits()[service.limit].settings;
  const std::string_view key = limit_key(settings, request_, peer_, snapshot().routers[layers_.back()].name, arena_);
  const auto named = std::find_if(settings.weights.begin(), settings.weights.end(),
                                  [key](const wire::KeyWeight& one) { return one.key.view() == key; });
  const std::string_view shown = key.substr(0, scheduler::KeyQueue::kShown);
  json_.key("limit").begin_object().number("concurrency", settings.concurrency).number("key", settings.key);
  json_.text("keyName", settings.key_name).boolean("fifo", settings.fifo).boolean("costsBytes", settings.costs_bytes);
  json_.text("value", settings.hides_keys ? disguised_key(shown) : std::string(shown));
  json_.number("weight", named == settings.weights.end() ? 1 : named->weight);
  json_.number("cost", limit_cost(settings, request_)).number("quantum", settings.quantum);
  json_.number("maxLength", settings.max_length).number("maxWait", settings.max_wait).end_object();
}

/// The cookie that keeps the client at what was chosen: the one it has, or one that the response sets.
void Walk::cookie(std::uint32_t service, std::uint32_t chosen, scheduler::Sticky::Found kept) {
  const scheduler::Sticky* const sticky = plan_.sticky(service);
  if (sticky == nullptr) return;
  const std::string_view value = sticky->value(chosen);
  const bool has_it = kept.current && sticky->value(kept.index) == value;
  json_.key("cookie").begin_object().text("name", sticky->name()).boolean("kept", kept.index == chosen);
  if (!has_it) json_.text("set", arena_.concat(sticky->name(), "=", value, sticky->attributes()));
  json_.end_object();
}

/// As Exchange::limit() finds them: the router is asked first, then the service, then the transport.
void Walk::timeouts(const wire::Service& service) {
  const wire::Transport& transport = snapshot().transports[service.transport];
  const auto said = [&](std::string_view name, std::int64_t wire::Timeouts::*which, Nanos usual) {
    const auto by = [&](std::uint32_t index) { return index == wire::kNone ? -1 : snapshot().timeouts[index].*which; };
    const std::int64_t router = by(snapshot().routers[layers_.back()].timeouts);
    const std::int64_t own = by(service.timeouts);
    const Nanos time = router >= 0 ? static_cast<Nanos>(router) : own >= 0 ? static_cast<Nanos>(own) : usual;
    if (time == 0) return;
    json_.begin_object().text("name", name).number("time", time);
    json_.text("by", router >= 0 ? "router" : own >= 0 ? "service" : "transport").end_object();
  };
  json_.key("timeouts").begin_array();
  said("connect", &wire::Timeouts::connect, transport.dial_timeout);
  said("responseHeader", &wire::Timeouts::response_header, transport.response_header_timeout);
  said("idle", &wire::Timeouts::idle, 0);
  said("total", &wire::Timeouts::total, 0);
  said("perTry", &wire::Timeouts::per_try, 0);
  json_.end_array();
}

}  // namespace fairlead::exchange
