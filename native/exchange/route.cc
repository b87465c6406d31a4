// From a request to the service that answers it.
#include <cstring>

#include "base/hash.h"
#include "codec/status_text.h"
#include "codec/target.h"
#include "exchange/exchange.h"
#include "router/match_input.h"

namespace fairlead::exchange {
loop::Task<Outcome> Exchange::route() {
  router::MatchInput input(request, peer_);
  const std::uint32_t index = plan_->plan().routes(entry_point_, peer_.tls).find(input);
  if (index == wire::kNone) {
    const Outcome outcome = co_await fail({Reason::kNoRoute, Origin::kClient, Retry::kNo});
    co_return outcome;
  }
  router_ = &snapshot().routers[index];
  service_ = &snapshot().services[router_->service];
  if (const Reason refused = refused_by_router(*router_); refused != Reason::kNone) {
    const Outcome outcome = co_await fail({refused, Origin::kClient, Retry::kNo});
    co_return outcome;
  }
  const bool passed = co_await run_chain(plan_->plan().router_chain(index));
  Outcome outcome = Outcome::kAnswered;
  if (passed) {
    outcome = co_await serve(router_->service);
  } else {
    outcome = co_await answer(reply_);
  }
  co_return outcome;
}

/// What the router itself refuses before any middleware (Traefik: encodedCharacters, then the domain fronting check).
Reason Exchange::refused_by_router(const wire::Router& router) const {
  // Health checks and the API are answered all the same: whoever looks after an overloaded proxy needs them.
  if (worker_.stage >= stats::Stage::kNoRequests && !service_->name.view().ends_with("@internal")) {
    return Reason::kOverload;
  }
  if (router.denied_characters != 0 && codec::denied_characters(request.path, router.denied_characters)) {
    return Reason::kDeniedCharacter;
  }
  if (peer_.tls && router.tls_options < snapshot().tls_options.size() &&
      hash_bytes(snapshot().tls_options[router.tls_options].name) != peer_.tls_options) {
    return Reason::kMisdirected;
  }
  return Reason::kNone;
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

loop::Task<bool> Exchange::run_chain(Chain chain) {
  for (const middleware::Middleware* middleware : chain) {
    if (middleware == nullptr || !middleware->fault().empty()) {
      const std::uint16_t status = reason_status(Reason::kMiddlewareFailed);
      reply_.set_text(status, codec::status_text(status), Reason::kMiddlewareFailed);
      co_return false;
    }
    const std::uint32_t phases = middleware->phases();
    const Active active = activate(*middleware);
    middleware::Context here = context(active);
    middleware::Verdict verdict = middleware::Verdict::kNext;
    if ((phases & middleware::kOnRequestAsync) != 0) {
      verdict = co_await middleware->on_request_async(here);
    } else if ((phases & middleware::kOnRequest) != 0) {
      verdict = middleware->on_request(here);
    }
    if (verdict == middleware::Verdict::kNext) continue;
    --active_count_;  // the one that answered does not see its own answer again
    co_return false;
  }
  co_return true;
}

loop::Task<Outcome> Exchange::serve(std::uint32_t service) {
  Outcome outcome = Outcome::kAnswered;
  for (unsigned level = 0; level <= kDeepestService; ++level) {
    service_ = &snapshot().services[service];
    const Chain chain = plan_->plan().service_chain(service);
    if (!chain.empty()) {
      const bool passed = co_await run_chain(chain);
      if (!passed) {
        outcome = co_await answer(reply_);
        co_return outcome;
      }
    }
    const auto kind = static_cast<wire::ServiceKind>(service_->kind);
    if (kind == wire::ServiceKind::kLoadBalancer) {
      outcome = co_await forward(service);
      co_return outcome;
    }
    if (kind != wire::ServiceKind::kWeighted) {
      answer_internally(kind);
      outcome = co_await answer(reply_);
      co_return outcome;
    }
    const std::uint32_t child = plan_->service(service).pick({});
    if (child == scheduler::kNobody) break;
    service = service_->children[child].service;
  }
  outcome = co_await fail({Reason::kNoServer, Origin::kUpstream, Retry::kNo});
  co_return outcome;
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
      reply_.status = 418;
      reply_.body = "I'm a teapot\n";
      return;
  }
}

}  // namespace fairlead::exchange
