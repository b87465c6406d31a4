#include "middleware/rate_limit.h"

#include <algorithm>

#include "middleware/duration_text.h"

namespace fairlead::middleware {
namespace {

/// The buckets of the generation before, when it had the same identity: then its limits are the same.
std::shared_ptr<TokenBuckets> buckets_of(const wire::RateLimit& config, std::uint64_t identity,
                                         const BuildContext& context) {
  if (config.average == 0) return nullptr;
  if (auto kept = std::static_pointer_cast<TokenBuckets>(context.find_state(identity))) return kept;
  const BucketLimits limits{.average = config.average,
                            .period = std::max<Nanos>(1, config.period),
                            .burst = std::max<std::uint64_t>(1, config.burst),
                            .max_delay = config.max_delay};
  auto made = std::make_shared<TokenBuckets>(limits, monotonic_now());
  context.keep_state(identity, made);
  return made;
}

void refuse(Context& context, Nanos delay) {
  LocalReply& reply = context.reply;
  reply.status = 429;
  reply.reason = Reason::kRateLimited;
  reply.body = "Too Many Requests";
  reply.headers.add("Retry-After", decimal(context.arena, (delay + kSecond - 1) / kSecond));
  reply.headers.add("X-Retry-In", duration_text(context.arena, delay));
}

}  // namespace

RateLimit::RateLimit(const wire::RateLimit& config, const wire::MiddlewareRef& ref, const BuildContext& context)
    : config_(config), name_(ref.name), buckets_(buckets_of(config, ref.identity, context)) {}

loop::Task<Verdict> RateLimit::on_request_async(Context& context) const {
  const SourceKey source = source_of(config_.source, context);
  const TokenBuckets::Decision decision = buckets_->take(source, context.facilities.now());
  context.facilities.note_rate({.middleware = name_,
                                .limit = &config_,
                                .spare = decision.spare,
                                .interval = buckets_->interval(),
                                .delay = decision.delay,
                                .admitted = decision.admitted});
  if (!decision.admitted) {
    refuse(context, decision.delay);
    co_return Verdict::kReplied;
  }
  if (decision.delay > 0) co_await context.facilities.sleep(decision.delay);
  co_return Verdict::kNext;
}

}  // namespace fairlead::middleware
