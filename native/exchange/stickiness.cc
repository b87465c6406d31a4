// Which of several a client is kept at, and the cookies that remember it.
#include "exchange/stickiness.h"

#include "codec/cookie.h"
#include "exchange/exchange.h"

namespace fairlead::exchange {

scheduler::Sticky::Found kept_by_cookie(const scheduler::Sticky& sticky, const codec::Headers& headers,
                                        const scheduler::Balancer& balancer) {
  const auto value = codec::find_cookie(headers, sticky.name());
  if (!value) return {};
  const scheduler::Sticky::Found found = sticky.find(*value);
  return balancer.available(found.index) ? found : scheduler::Sticky::Found{};
}

/// Whom the cookie of the client names, if that may be chosen, or kNobody.
std::uint32_t Exchange::find_kept(const scheduler::Sticky& sticky, const scheduler::Balancer& balancer) {
  kept_ = kept_by_cookie(sticky, request.headers, balancer);
  return kept_.index;
}

/// The client is to come back to `chosen`. Nothing to do when its cookie says so already.
void Exchange::keep_at(const scheduler::Sticky& sticky, std::uint32_t chosen) {
  const std::string_view value = sticky.value(chosen);
  // Two candidates that are called the same have the same value.
  if (kept_.current && sticky.value(kept_.index) == value) return;
  if (cookies_ == nullptr) cookies_ = arena_.make<codec::Headers>(arena_);
  cookies_->add("Set-Cookie", arena_.concat(sticky.name(), "=", value, sticky.attributes()));
}

/// Puts the cookies of everything that was chosen into the response.
void Exchange::set_cookies() {
  if (sticky_ != nullptr) keep_at(*sticky_, attempt_.server);
  if (cookies_ == nullptr) return;
  for (const codec::Header& cookie : *cookies_) response_.headers.add(cookie);
}

/// A child of the weighted service at hand, or kNobody.
std::uint32_t Exchange::choose_child(std::uint32_t service) {
  const scheduler::Ask asked{.key = client_key(peer_), .now = now()};
  scheduler::Balancer& balancer = plan_->fresh_service(service, asked.now).balancer();
  const scheduler::Sticky* sticky = plan_->plan().sticky(service);
  if (sticky == nullptr) return balancer.pick(asked);
  std::uint32_t child = find_kept(*sticky, balancer);
  if (child == scheduler::kNobody) child = balancer.pick(asked);
  if (child != scheduler::kNobody) keep_at(*sticky, child);
  return child;
}

}  // namespace fairlead::exchange
