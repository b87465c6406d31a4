#include "exchange/walk.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "codec/status_text.h"
#include "exchange/forwarded_headers.h"
#include "exchange/misses.h"
#include "exchange/stickiness.h"
#include "router/explain.h"
#include "router/match_input.h"

namespace fairlead::exchange {
namespace {

// Of an answer that the proxy makes, as much of the body is shown.
constexpr std::size_t kMostBody = 1024;

bool has_field(const std::vector<codec::Header>& headers, const codec::Header& wanted) {
  return std::any_of(headers.begin(), headers.end(), [&](const codec::Header& header) {
    return header.value == wanted.value && ascii::equals_ignoring_case(header.name, wanted.name);
  });
}

void write_headers(const codec::Headers& headers, JsonWriter& json) {
  json.key("headers").begin_array();
  for (const codec::Header& header : headers) {
    json.begin_array().text(header.name).text(header.value).end_array();
  }
  json.end_array();
}

}  // namespace

loop::Task<void> Walk::Facilities::sleep(Nanos) { co_return; }
loop::Task<Status> Walk::Facilities::fetch(const middleware::FetchRequest&, middleware::FetchReply&) {
  co_return Error{};
}
loop::Task<Result<std::string_view>> Walk::Facilities::buffer_request_body(std::uint64_t) { co_return Error{}; }

void Walk::through(std::uint32_t router) {
  missed_.begin_array();
  json_.key("steps").begin_array();
  bool passed = descend(router);
  std::uint32_t service = snapshot().routers[layers_.back()].service;
  std::vector<std::uint32_t> way;
  std::vector<std::uint32_t> picks;
  std::vector<bool> known;
  while (passed) {
    const wire::Service& at = snapshot().services[service];
    way.push_back(service);
    passed = pass(at.chain, plan_.service_chain(service), at.name);
    const auto kind = static_cast<wire::ServiceKind>(at.kind);
    const bool has_children = !at.children.empty();
    if (!passed || (!has_children && kind != wire::ServiceKind::kLoadBalancer)) break;
    bool is_known = false;
    picks.push_back(choose(service, has_children ? at.children.size() : at.servers.size(), is_known));
    known.push_back(is_known);
    if (!has_children || picks.back() == scheduler::kNobody) break;
    service = at.children[picks.back()].service;
  }
  json_.end_array();
  json_.key("layers").begin_array();
  for (const std::uint32_t one : layers_) json_.text(snapshot().routers[one].name);
  json_.end_array();
  json_.boolean("lost", is_lost_);
  json_.key("layerMisses").raw(missed_.end_array().take());
  json_.key("services").begin_array();
  for (std::size_t i = 0; i < way.size(); ++i) {
    const wire::Service& at = snapshot().services[way[i]];
    json_.begin_object().text("name", at.name).number("kind", at.kind).number("strategy", at.strategy);
    if (i < picks.size()) {
      const bool weighted = !at.children.empty();
      json_.number("candidates", weighted ? at.children.size() : at.servers.size()).boolean("current", known[i]);
      if (picks[i] != scheduler::kNobody) {
        json_.number("chosen", picks[i]);
        cookie(way[i], picks[i], kept_[i]);
      }
      if (!weighted) limit(at);
    }
    json_.end_object();
  }
  json_.end_array();
  if (replied_) return reply();
  if (is_lost_) return;
  const wire::Service& last = snapshot().services[way.back()];
  if (picks.size() < way.size()) return;  // the proxy answers itself
  timeouts(last);
  if (picks.back() != scheduler::kNobody) server(last, last.servers[picks.back()]);
}

/// Through the chain of `router` and, where it has children, of the one that is chosen among them. False when a middleware
/// has answered, or no child takes the request.
bool Walk::descend(std::uint32_t router) {
  for (;;) {
    layers_.push_back(router);
    const wire::Router& wire = snapshot().routers[router];
    if (!pass(wire.chain, plan_.router_chain(router), {})) return false;
    if (wire.layer == wire::kNone) return true;
    router = child_of(router);
    if (router == wire::kNone) {
      is_lost_ = true;
      return false;
    }
  }
}

/// The best of its children for the request as it is now, or kNone. Of the others it is noted which came close.
std::uint32_t Walk::child_of(std::uint32_t router) {
  router::MatchInput input(request_, peer_);
  const wire::Router& parent = snapshot().routers[router];
  const router::Router& children = plan_.layer(parent.layer);
  const bool takes = children.find(input) != wire::kNone;
  const router::Explanation found =
      router::explain(children, input, most_misses_, takes ? router::Reach::kNear : router::Reach::kEvenOfPath);
  missed_.begin_object().text("parent", parent.name);
  if (found.chosen != wire::kNone) missed_.text("chosen", snapshot().routers[found.chosen].name);
  Misses(snapshot(), request_, peer_, arena_, missed_).of(found, input);
  missed_.end_object();
  return found.chosen;
}

/// False when a middleware has answered.
bool Walk::pass(const wire::List<std::uint32_t>& indexes, Chain chain, std::string_view owner) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const middleware::Middleware* const middleware = chain[i];
    json_.begin_object().text("middleware", snapshot().middlewares[indexes[i]].name);
    if (!owner.empty()) json_.text("service", owner);
    bool passed = true;
    if (middleware == nullptr || !middleware->fault().empty()) {
      json_.boolean("broken", true);
      const std::uint16_t status = reason_status(Reason::kMiddlewareFailed);
      reply_.set_text(status, codec::status_text(status), Reason::kMiddlewareFailed);
      passed = false;
    } else if ((middleware->phases() & middleware::kOnRequestAsync) != 0) {
      json_.boolean("waits", true);
    } else {
      passed = run(*middleware);
    }
    json_.end_object();
    if (passed) continue;
    replied_ = true;
    return false;
  }
  return true;
}

bool Walk::run(const middleware::Middleware& middleware) {
  const std::uint32_t phases = middleware.phases();
  if ((phases & (middleware::kOnResponse | middleware::kOnResponseBody)) != 0) json_.boolean("response", true);
  Active active{&middleware, nullptr};
  if (const std::size_t bytes = middleware.state_bytes(); bytes > 0) {
    active.state = arena_.allocate(bytes);
    std::memset(active.state, 0, bytes);
  }
  active_.push_back(active);
  if ((phases & middleware::kOnRequest) == 0) return true;
  const Before before{
      request_.path, request_.query, request_.authority, {request_.headers.begin(), request_.headers.end()}};
  middleware::Context here = context(active);
  facilities_.retries = false;
  const bool passed = middleware.on_request(here) == middleware::Verdict::kNext;
  if (facilities_.retries) json_.boolean("retries", true);
  if (!passed) active_.pop_back();  // the one that answered does not see its own answer again
  changes(before);
  json_.boolean("replied", !passed);
  return passed;
}

middleware::Context Walk::context(const Active& active) {
  return {request_, peer_, arena_, reply_, facilities_, active.state, nullptr};
}

void Walk::changes(const Before& before) {
  if (request_.path != before.path) json_.text("path", request_.path);
  if (request_.query != before.query) json_.text("query", request_.query);
  if (request_.authority != before.authority) json_.text("host", request_.authority);
  header_changes(before);
}

void Walk::header_changes(const Before& before) {
  json_.key("set").begin_array();
  for (const codec::Header& header : request_.headers) {
    if (has_field(before.headers, header)) continue;
    json_.begin_array().text(header.name).text(header.value).end_array();
  }
  json_.end_array().key("removed").begin_array();
  for (const codec::Header& header : before.headers) {
    if (request_.headers.find(header.name) == nullptr) json_.text(header.name);
  }
  json_.end_array();
}

/// As Exchange::answer() sends it.
void Walk::reply() {
  codec::Response response(arena_);
  response.status = reply_.status;
  response.headers = reply_.headers;
  for (std::size_t i = active_.size(); i-- > 0;) {
    middleware::Context here = context(active_[i]);
    if ((active_[i].middleware->phases() & middleware::kOnResponse) != 0) {
      active_[i].middleware->on_response(here, response);
    }
  }
  json_.key("reply").begin_object().number("status", response.status).text("reason", reason_name(reply_.reason));
  write_headers(response.headers, json_);
  json_.text("body", reply_.body.substr(0, kMostBody)).end_object();
}

/// As WorkerPlan::available(): each service is looked at once, however many ways lead to it.
bool Walk::available(std::uint32_t service) {
  const auto known = available_.find(service);
  if (known != available_.end()) return known->second;
  const bool found = find_available(service);
  available_.emplace(service, found);
  return found;
}

bool Walk::find_available(std::uint32_t service) {
  const wire::Service& at = snapshot().services[service];
  const auto answers = [this](const wire::Child& child) { return available(child.service); };
  switch (static_cast<wire::ServiceKind>(at.kind)) {
    case wire::ServiceKind::kLoadBalancer: {
      const Watched* const watched = plan_.watched(service);
      if (watched == nullptr) return !at.servers.empty();
      return std::ranges::any_of(watched->servers, [](const auto& server) { return server->up(); });
    }
    case wire::ServiceKind::kWeighted:
      return std::ranges::any_of(at.children, [&](const auto& child) { return child.weight > 0 && answers(child); });
    case wire::ServiceKind::kFailover:
      return std::ranges::any_of(at.children, answers);
    case wire::ServiceKind::kMirroring:
      return answers(at.children[0]);
    case wire::ServiceKind::kPing:
    case wire::ServiceKind::kReady:
    case wire::ServiceKind::kNoop:
      break;
  }
  return true;
}

/// What the balancer of the service would pick; `known` when that is what this worker's balancer says of its next pick,
/// and not the first of a new one.
std::uint32_t Walk::choose(std::uint32_t service, std::uint32_t candidates, bool& known) {
  scheduler::Sticky::Found& kept = kept_.emplace_back();
  const wire::Service& at = snapshot().services[service];
  const auto kind = static_cast<wire::ServiceKind>(at.kind);
  if (kind == wire::ServiceKind::kMirroring) return 0;
  // The main service is asked first, and gives the answer if all is well.
  if (kind == wire::ServiceKind::kFailover) return available(at.children[0].service) ? 0 : 1;
  scheduler::Ask ask{.key = client_key(peer_), .now = monotonic_now()};
  if (const Watched* const watched = plan_.watched(service); watched != nullptr) {
    for (std::uint32_t i = 0; i < watched->servers.size(); ++i) {
      if (!watched->servers[i]->up()) ask.excluded.add(i);
    }
  }
  for (std::uint32_t i = 0; i < at.children.size(); ++i) {
    if (!available(at.children[i].service)) ask.excluded.add(i);
  }
  const ServiceState* const state = live_ == nullptr ? nullptr : live_->find_service(service);
  ServiceRegistry nobody_else;
  std::optional<ServiceState> fresh;
  if (state == nullptr) fresh.emplace(nobody_else, snapshot(), snapshot().services[service]);
  const scheduler::Balancer& balancer = state != nullptr ? state->balancer() : std::as_const(*fresh).balancer();
  known = state != nullptr;
  const scheduler::Sticky* const sticky = plan_.sticky(service);
  if (sticky != nullptr) kept = kept_by_cookie(*sticky, request_.headers, balancer);
  if (kept.index != scheduler::kNobody && ask.excluded.has(kept.index)) kept = {};
  const std::uint32_t picked = kept.index != scheduler::kNobody ? kept.index : balancer.peek(ask);
  return picked < candidates ? picked : scheduler::kNobody;
}

/// What Http1Client sends.
void Walk::server(const wire::Service& service, const wire::Server& server) {
  append_forwarded_for(request_, peer_, settings_);
  json_.key("server").begin_object().text("url", server.url);
  json_.text("method", request_.method_text);
  const std::string_view prefix = server.preserve_path ? server.path.view() : std::string_view();
  json_.text("path", arena_.concat(prefix, request_.path)).text("query", request_.query);
  json_.text("host", service.pass_host_header ? request_.authority : server.authority.view());
  write_headers(request_.headers, json_);
  json_.end_object();
}

}  // namespace fairlead::exchange
