#include "middleware/forward_auth.h"

#include <algorithm>

#include "base/ascii.h"
#include "codec/location.h"
#include "middleware/auth_request.h"
#include "middleware/hop_by_hop.h"

namespace fairlead::middleware {
namespace {

using codec::HeaderId;

/// Cookies of the answer that the client's response will carry; views into the arena.
struct State {
  bool admitted;
  std::string_view* cookies;
  std::size_t count;
};

Verdict refuse(Context& context, std::uint16_t status, Reason reason) {
  context.reply.status = status;
  context.reply.reason = reason;
  return Verdict::kReplied;
}

/// `content-TYPE` as `Content-Type`, the form in which Traefik matches names against patterns.
std::string_view canonical_name(Arena& arena, std::string_view name) {
  char* out = arena.array<char>(name.size());
  bool starts_word = true;
  for (std::size_t i = 0; i < name.size(); ++i) {
    out[i] = starts_word ? ascii::upper(name[i]) : ascii::lower(name[i]);
    starts_word = name[i] == '-';
  }
  return {out, name.size()};
}

/// Equal for a server that turns names into variables, where '-' and '_' are the same (CGI): a client could otherwise
/// bring a second X_User beside the X-User of the answer.
bool is_alias(std::string_view name, std::string_view other) {
  const auto same = [](char a, char b) { return ascii::lower(a == '_' ? '-' : a) == ascii::lower(b == '_' ? '-' : b); };
  return std::equal(name.begin(), name.end(), other.begin(), other.end(), same);
}

/// What follows a CONNECT of unknown length is the tunnel, not a body.
bool has_body(const codec::Request& request) {
  if (request.method == codec::Method::kConnect) return request.body == codec::BodyKind::kLength;
  return request.body != codec::BodyKind::kNone;
}

/// Fields whose meaning is bound to the message they came with; an answer cannot put them into another one.
bool is_bound(HeaderId id) {
  return id == HeaderId::kContentLength || id == HeaderId::kTransferEncoding || id == HeaderId::kConnection ||
         id == HeaderId::kUpgrade || id == HeaderId::kTe || id == HeaderId::kTrailer || id == HeaderId::kHost;
}

}  // namespace

ForwardAuth::ForwardAuth(const wire::ForwardAuth& config, const wire::MiddlewareRef&, const BuildContext& context)
    : config_(config), target_(context.add_fetch_target(config.server, config.transport)) {
  if (config.response_header_pattern.empty()) return;
  std::string error;
  response_headers_ = Regex::compile(config.response_header_pattern, error);
  if (response_headers_ == nullptr) fault_ = "authResponseHeadersRegex: " + error;
}

std::uint32_t ForwardAuth::phases() const {
  const std::uint32_t request = kOnRequestAsync;
  return config_.cookies.empty() ? request : request | kOnResponse;
}

std::size_t ForwardAuth::state_bytes() const { return config_.cookies.empty() ? 0 : sizeof(State); }

loop::Task<Verdict> ForwardAuth::on_request_async(Context& context) const {
  FetchRequest call(context.arena, static_cast<Nanos>(config_.timeout), config_.max_response_bytes);
  call.target = target_;
  call.path = config_.path;
  if (config_.preserve_method) call.method = context.request.method_text;
  fill_auth_headers(config_, context, call);

  if (config_.forward_body && has_body(context.request)) {
    // Nobody needs to send what is going to be refused.
    if (context.request.content_length > config_.max_body_bytes) co_return refuse(context, 401, Reason::kAuthDenied);
    const Result<std::string_view> bytes = co_await context.facilities.buffer_request_body(config_.max_body_bytes);
    if (!bytes.ok()) {
      const Reason reason = bytes.error().reason;
      const bool too_large = reason == Reason::kHeaderTooLarge;
      co_return refuse(context, too_large ? 401 : reason_status(reason), too_large ? Reason::kAuthDenied : reason);
    }
    call.body = *bytes;
  }

  FetchReply reply(context.arena);
  const Status called = co_await context.facilities.fetch(call, reply);
  if (!called.ok()) {
    // Too large an answer is no answer; the server itself is not at fault (Traefik maxResponseBodySize).
    const bool too_large = called.error().reason == Reason::kAuthDenied;
    co_return refuse(context, too_large ? 401 : 500, too_large ? Reason::kAuthDenied : Reason::kAuthFailed);
  }
  if (context.user != nullptr && !config_.header_field.empty()) {
    const std::string_view user = reply.response.headers.first(config_.header_field.view());
    if (!user.empty()) *context.user = user;
  }
  const std::uint16_t status = reply.response.status;
  co_return status >= 200 && status < 300 ? admit(context, reply.response.headers) : deny(context, reply);
}

Verdict ForwardAuth::admit(Context& context, const codec::Headers& answer) const {
  copy_answer(context.request.headers, answer);
  if (!config_.cookies.empty()) keep_cookies(context, answer);
  return Verdict::kNext;
}

/// Replaces the listed headers of the request by those of the answer, so that a client cannot bring its own.
void ForwardAuth::copy_answer(codec::Headers& request, const codec::Headers& answer) const {
  for (const wire::Text& listed : config_.response_headers) {
    const HeaderId id = codec::header_id(listed);
    if (is_bound(id)) continue;
    request.remove_if([&listed](const codec::Header& header) { return is_alias(header.name, listed); });
    for (const codec::Header& header : answer) {
      if (ascii::equals_ignoring_case(header.name, listed)) request.add(header);
    }
  }
  if (response_headers_ == nullptr) return;
  Arena& arena = request.arena();
  const auto matches = [this, &arena](const codec::Header& header) {
    return !is_bound(header.id) && response_headers_->matches(canonical_name(arena, header.name));
  };
  request.remove_if(matches);
  for (const codec::Header& header : answer) {
    if (matches(header)) request.add(header);
  }
}

void ForwardAuth::keep_cookies(Context& context, const codec::Headers& answer) const {
  State& state = *static_cast<State*>(context.state);
  const auto sets = [](const codec::Header& header) { return header.id == HeaderId::kSetCookie; };
  const auto count = static_cast<std::size_t>(std::count_if(answer.begin(), answer.end(), sets));
  // Without any cookie in the answer the upstream's own stay.
  state.admitted = count > 0;
  state.cookies = context.arena.array<std::string_view>(count);
  for (const codec::Header& header : answer) {
    if (sets(header) && is_listed_cookie(header.value)) state.cookies[state.count++] = header.value;
  }
}

bool ForwardAuth::is_listed_cookie(std::string_view set_cookie) const {
  const std::string_view name = ascii::trim(set_cookie.substr(0, set_cookie.find_first_of("=;")));
  return std::any_of(config_.cookies.begin(), config_.cookies.end(),
                     [name](std::string_view listed) { return listed == name; });
}

void ForwardAuth::on_response(Context& context, codec::Response& response) const {
  if (config_.cookies.empty()) return;
  const State& state = *static_cast<const State*>(context.state);
  if (!state.admitted) return;
  response.headers.remove_if([this](const codec::Header& header) {
    return header.id == HeaderId::kSetCookie && is_listed_cookie(header.value);
  });
  for (std::size_t i = 0; i < state.count; ++i) response.headers.add("Set-Cookie", state.cookies[i]);
}

/// Hands the server's answer to the client, or sends the client where it can sign in.
Verdict ForwardAuth::deny(Context& context, const FetchReply& reply) const {
  LocalReply& local = context.reply;
  local.reason = Reason::kAuthDenied;
  if (reply.response.status == 401 && !config_.signin_url.empty()) {
    local.status = 302;
    local.body = "Found";
    local.headers.add("Location", config_.signin_url);
    return Verdict::kReplied;
  }
  local.status = reply.response.status;
  local.body = reply.body;
  for (const codec::Header& header : reply.response.headers) {
    if (header.id != HeaderId::kContentLength && header.id != HeaderId::kDate) local.headers.add(header);
  }
  remove_hop_by_hop(local.headers);
  const std::string_view location = local.headers.first(HeaderId::kLocation);
  if (!config_.preserve_location && !location.empty()) {
    local.headers.set("Location", codec::resolve_reference(context.arena, config_.origin, config_.path, location));
  }
  return Verdict::kReplied;
}

}  // namespace fairlead::middleware
