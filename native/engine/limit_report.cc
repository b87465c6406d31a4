#include "engine/limit_report.h"

#include "base/json.h"

namespace fairlead::engine {
namespace {

void write_key(const exchange::KeyReport& key, JsonWriter& json) {
  json.begin_object().text("key", key.key).number("weight", key.weight);
  json.number("active", key.active).number("waiting", key.waiting);
  json.number("served", key.totals.served).number("waited", key.totals.waited);
  json.number("waitTime", key.totals.wait_time).number("shedFull", key.totals.shed_full);
  json.number("shedLate", key.totals.shed_late).number("gone", key.totals.gone).end_object();
}

void write_limit(const exchange::ServiceLimit& limit, JsonWriter& json) {
  const exchange::LimitReport report = limit.account->report();
  json.begin_object().text("service", limit.settings->service).number("concurrency", report.concurrency);
  json.number("active", report.active).number("waiting", report.waiting).number("maxLength", report.max_length);
  json.key("keys").begin_array();
  for (const exchange::KeyReport& key : report.keys) write_key(key, json);
  json.end_array().end_object();
}

}  // namespace

std::string limits_as_json(const exchange::Plan& plan) {
  JsonWriter json;
  json.begin_array();
  for (const exchange::ServiceLimit& limit : plan.limits()) write_limit(limit, json);
  json.end_array();
  return json.take();
}

}  // namespace fairlead::engine
