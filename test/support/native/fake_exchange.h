// An exchange without a network, for the tests of middlewares.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "middleware/middleware.h"

namespace fairlead::test {

/// Builds middlewares, keeps their states and remembers their fetch targets.
class FakeBuild final : public middleware::BuildContext {
 public:
  std::shared_ptr<middleware::SharedState> find_state(std::uint64_t identity) const override {
    const auto found = states.find(identity);
    return found == states.end() ? nullptr : found->second;
  }
  void keep_state(std::uint64_t identity, const std::shared_ptr<middleware::SharedState>& state) const override {
    states[identity] = state;
  }
  std::uint32_t add_fetch_target(const wire::Server& server, const wire::Transport& transport) const override {
    targets.emplace_back(&server, &transport);
    return static_cast<std::uint32_t>(targets.size() - 1);
  }

  mutable std::map<std::uint64_t, std::shared_ptr<middleware::SharedState>> states;
  mutable std::vector<std::pair<const wire::Server*, const wire::Transport*>> targets;
};

/// A reference as the snapshot holds one.
inline const wire::MiddlewareRef& sample_ref() {
  static const wire::MiddlewareRef ref{.identity = 7, .name = {}, .kind = 0, .index = 0};
  return ref;
}

/// Answers at once with what the test has put in, and keeps what it was asked.
class FakeFacilities final : public middleware::Facilities {
 public:
  Nanos now() const override { return time; }
  loop::Task<void> sleep(Nanos duration) override {
    slept += duration;
    time += duration;
    co_return;
  }
  loop::Task<Status> fetch(const middleware::FetchRequest& request, middleware::FetchReply& reply) override {
    ++fetches;
    asked.target = request.target;
    asked.method = request.method;
    asked.path = request.path;
    asked.body = request.body;
    asked.timeout = request.timeout;
    asked.max_response_bytes = request.max_response_bytes;
    asked.headers.clear();
    for (const codec::Header& header : request.headers) asked.headers.emplace_back(header.name, header.value);
    if (fetch_error.reason != Reason::kNone) co_return Status(fetch_error);
    reply.response.status = status;
    for (const auto& [name, value] : headers) reply.response.headers.add(name, value);
    reply.body = body;
    co_return Status(Unit{});
  }
  loop::Task<Result<std::string_view>> buffer_request_body(std::uint64_t limit) override {
    if (body_error.reason != Reason::kNone) co_return Result<std::string_view>(body_error);
    if (request_body.size() > limit) {
      co_return Result<std::string_view>(Error{.reason = Reason::kHeaderTooLarge, .origin = Origin::kClient});
    }
    co_return Result<std::string_view>(std::string_view(request_body));
  }

  void set_retry(const wire::Retry& policy) override { retry = &policy; }

  struct Asked {
    std::uint32_t target = 0;
    std::string method, path, body;
    Nanos timeout = 0;
    std::uint64_t max_response_bytes = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    /// All values of a header joined by "|"; "-" when there is none.
    std::string header(std::string_view name) const {
      std::string joined = "-";
      for (const auto& [key, value] : headers) {
        if (!ascii::equals_ignoring_case(key, name)) continue;
        joined = joined == "-" ? value : joined + "|" + value;
      }
      return joined;
    }
  };

  Nanos time = kSecond;
  Nanos slept = 0;
  const wire::Retry* retry = nullptr;
  int fetches = 0;
  Asked asked;
  // What fetch() answers.
  std::uint16_t status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Error fetch_error{.reason = Reason::kNone};
  // What buffer_request_body() answers.
  std::string request_body;
  Error body_error{.reason = Reason::kNone};
};

/// One request on its way through one middleware.
class FakeExchange {
 public:
  FakeExchange() : request(arena), response(arena), reply(arena) {
    peer.client_text = "192.0.2.7";
    peer.client.ip = *net::IpAddress::parse(peer.client_text);
    request.method_text = "GET";
    request.path = request.routing_path = "/";
    request.authority = request.host = "example.com";
    response.status = 200;
  }

  middleware::Context context(const middleware::Middleware& middleware) {
    // The size never changes for one middleware, so neither does the place.
    state.resize(middleware.state_bytes() / sizeof(std::max_align_t) + 1);
    return {request, peer, arena, reply, facilities, state.data(), &user};
  }

  /// Runs the phase the middleware asks for; an asynchronous one must end within this call.
  middleware::Verdict run(const middleware::Middleware& middleware) {
    middleware::Context c = context(middleware);
    if ((middleware.phases() & middleware::kOnRequestAsync) == 0) return middleware.on_request(c);
    loop::Task<middleware::Verdict> task = middleware.on_request_async(c);
    task.start();
    REQUIRE(task.done());
    return task.take();
  }

  void run_response(const middleware::Middleware& middleware) {
    middleware::Context c = context(middleware);
    middleware.on_response(c, response);
  }

  void set_method(std::string_view name) {
    request.method_text = name;
    request.method = codec::method_of(name);
  }

  Arena arena;
  codec::Request request;
  codec::Response response;
  codec::Peer peer;
  middleware::LocalReply reply;
  FakeFacilities facilities;
  std::string_view user;

 private:
  std::vector<std::max_align_t> state;
};

/// All values of a header joined by "|"; "-" when there is none.
inline std::string values(const codec::Headers& headers, std::string_view name) {
  std::string joined = "-";
  for (const codec::Header& header : headers) {
    if (!ascii::equals_ignoring_case(header.name, name)) continue;
    joined = joined == "-" ? std::string(header.value) : joined + "|" + std::string(header.value);
  }
  return joined;
}

}  // namespace fairlead::test
