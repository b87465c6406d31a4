// From a request to the service that answers it.
#include <cstring>
#include <utility>

#include "codec/status_text.h"
#include "exchange/exchange.h"
#include "exchange/refusal.h"
#include "router/match_input.h"

namespace fairlead::exchange {
namespace {

/// A middleware that cannot run: its router answers 500.
bool is_broken(const middleware::Middleware* middleware) {
  return middleware == nullptr || !middleware->fault().empty();
}

bool may_wait(const middleware::Middleware* middleware) {
  return !is_broken(middleware) && (middleware->phases() & middleware::kOnRequestAsync) != 0;
}

}  // namespace

loop::Soon<Outcome> Exchange::route_among(const router::Router& routes) {
  router::MatchInput input(request, peer_);
  const std::uint32_t index = routes.find(input);
  if (index == wire::kNone) return fail({Reason::kNoRoute, Origin::kClient, Retry::kNo});
  router_ = &snapshot().routers[index];
  if (router_->layer != wire::kNone) return descend(index);
  service_ = &snapshot().services[router_->service];
  const Reason refused = refused_by_router(*router_);
  if (refused != Reason::kNone) return fail({refused, Origin::kClient, Retry::kNo});
  return ask(router_->service, plan_->plan().router_chain(index), false);
}

/// Layers nest at most kDeepestLayer deep: verified with the snapshot, and so this ends.
loop::Soon<Outcome> Exchange::descend(std::uint32_t router) {
  const Reason refused = refused_by_router(*router_);
  if (refused != Reason::kNone) return fail({refused, Origin::kClient, Retry::kNo});
  const std::uint32_t layer = router_->layer;
  loop::Soon<bool> passing = run_chain(plan_->plan().router_chain(router));
  if (!passing.ready()) return descend_later(std::move(passing), layer);
  if (!passing.take()) return answer(reply_);
  return route_among(plan_->plan().layer(layer));
}

loop::Task<Outcome> Exchange::descend_later(loop::Soon<bool> passing, std::uint32_t layer) {
  const bool passed = co_await passing;
  const Outcome outcome = passed ? co_await route_among(plan_->plan().layer(layer)) : co_await answer(reply_);
  co_return outcome;
}

Reason Exchange::refused_by_router(const wire::Router& router) const {
  // Health checks and the API are answered all the same: whoever looks after an overloaded proxy needs them. A router
  // that has children does not know yet.
  if (worker_.stage >= stats::Stage::kNoRequests && service_ != nullptr &&
      !service_->name.view().ends_with("@internal")) {
    return Reason::kOverload;
  }
  return refusal_of(snapshot(), router, request, peer_);
}

Exchange::Active& Exchange::activate(const middleware::Middleware& middleware) {
  if (active_count_ == active_capacity_) {
    const std::uint32_t capacity = active_capacity_ == 0 ? 8 : active_capacity_ * 2;
    auto* grown = arena_.array<Active>(capacity);
    if (active_count_ > 0) std::memcpy(grown, active_, sizeof(Active) * active_count_);
    active_ = grown;
    active_capacity_ = capacity;
  }
  Active& active = active_[active_count_++];
  active = {&middleware, nullptr};
  if (const std::size_t bytes = middleware.state_bytes(); bytes > 0) {
    active.state = arena_.allocate(bytes);
    std::memset(active.state, 0, bytes);
  }
  return active;
}

loop::Soon<bool> Exchange::run_chain(Chain chain) {
  for (std::size_t at = 0; at < chain.size(); ++at) {
    if (may_wait(chain[at])) return run_slow_chain(chain.subspan(at));
    if (!run_one(chain[at])) return false;
  }
  return true;
}

loop::Task<bool> Exchange::run_slow_chain(Chain chain) {
  for (const middleware::Middleware* middleware : chain) {
    if (!may_wait(middleware)) {
      if (!run_one(middleware)) co_return false;
      continue;
    }
    const Active active = activate(*middleware);
    middleware::Context here = context(active);
    const middleware::Verdict verdict = co_await middleware->on_request_async(here);
    if (!goes_on(verdict)) co_return false;
  }
  co_return true;
}

/// One that never waits. False: it has answered.
bool Exchange::run_one(const middleware::Middleware* middleware) {
  if (is_broken(middleware)) {
    const std::uint16_t status = reason_status(Reason::kMiddlewareFailed);
    reply_.set_text(status, codec::status_text(status), Reason::kMiddlewareFailed);
    return false;
  }
  const Active active = activate(*middleware);
  if ((middleware->phases() & middleware::kOnRequest) == 0) return true;
  middleware::Context here = context(active);
  return goes_on(middleware->on_request(here));
}

bool Exchange::goes_on(middleware::Verdict verdict) {
  if (verdict == middleware::Verdict::kNext) return true;
  --active_count_;  // the one that answered does not see its own answer again
  return false;
}

loop::Soon<Outcome> Exchange::ask(std::uint32_t service, Chain chain, bool entering) {
  loop::Soon<bool> passing = run_chain(chain);
  if (!passing.ready()) return ask_later(std::move(passing), service, entering);
  return pass(passing.take(), service, entering);
}

loop::Task<Outcome> Exchange::ask_later(loop::Soon<bool> passing, std::uint32_t service, bool entering) {
  const bool passed = co_await passing;
  const Outcome outcome = co_await pass(passed, service, entering);
  co_return outcome;
}

/// Services nest at most kDeepestService deep: verified with the snapshot, and so this ends.
loop::Soon<Outcome> Exchange::pass(bool passed, std::uint32_t service, bool entering) {
  if (!passed) return answer(reply_);
  if (entering) return serve(service);
  service_ = &snapshot().services[service];
  return ask(service, plan_->plan().service_chain(service), true);
}

loop::Soon<Outcome> Exchange::serve(std::uint32_t service) {
  middlewares_done_ = now();
  const auto kind = static_cast<wire::ServiceKind>(service_->kind);
  if (kind == wire::ServiceKind::kLoadBalancer) {
    return service_->limit == wire::kNone ? forward(service) : forward_in_turn(service);
  }
  if (kind == wire::ServiceKind::kMirroring) return serve_mirrored(service);
  if (kind == wire::ServiceKind::kFailover) return fail_over(service);
  if (kind != wire::ServiceKind::kWeighted) {
    answer_internally(kind);
    return answer(reply_);
  }
  const std::uint32_t child = choose_child(service);
  if (child == scheduler::kNobody) return fail({Reason::kNoServer, Origin::kUpstream, Retry::kNo});
  return pass(true, service_->children[child].service, false);
}

/// ping@internal, ready@internal, noop@internal (Traefik answers 418 there).
void Exchange::answer_internally(wire::ServiceKind kind) {
  const bool stopping = worker_.stopping;
  const auto stopping_status = static_cast<std::uint16_t>(snapshot().ping_terminating_status);
  reply_.reason = Reason::kNone;
  reply_.headers.add("Content-Type", "text/plain; charset=utf-8");
  switch (kind) {
    case wire::ServiceKind::kPing:
      reply_.status = stopping ? stopping_status : 200;
      reply_.body = stopping ? "Service Unavailable" : "OK";
      return;
    case wire::ServiceKind::kReady: {
      const bool ready = !stopping && snapshot().ready && worker_.shared.everywhere(snapshot().generation);
      reply_.status = ready ? 200 : 503;
      reply_.body = ready ? "ready\n" : stopping ? "stopping\n" : "not ready\n";
      return;
    }
    case wire::ServiceKind::kNoop:
    case wire::ServiceKind::kLoadBalancer:
    case wire::ServiceKind::kWeighted:
    case wire::ServiceKind::kMirroring:
    case wire::ServiceKind::kFailover:
      reply_.status = 418;
      reply_.body = "I'm a teapot\n";
      return;
  }
}

}  // namespace fairlead::exchange
