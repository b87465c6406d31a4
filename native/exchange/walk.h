// A request's way through middlewares and services, walked only to see where it leads.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/json.h"
#include "codec/message.h"
#include "exchange/plan.h"
#include "exchange/service_state.h"
#include "middleware/middleware.h"

namespace fairlead::exchange {

/// Writes what it meets as members of the object that is open. Middlewares that never wait are run; of the others it is
/// said that they decide when the request comes, and that they let it pass is assumed.
class Walk {
 public:
  Walk(const Plan& plan, const WorkerPlan* live, const wire::EntryPoint& settings, codec::Request& request,
       const codec::Peer& peer, Arena& arena, JsonWriter& json, std::size_t near_misses)
      : plan_(plan),
        live_(live),
        settings_(settings),
        request_(request),
        peer_(peer),
        arena_(arena),
        json_(json),
        most_misses_(near_misses),
        reply_(arena) {}

  /// From the chain of a router to a server.
  void through(std::uint32_t router);

 private:
  /// For middlewares that never wait, and so ask for little.
  class Facilities final : public middleware::Facilities {
   public:
    Nanos now() const override { return monotonic_now(); }
    loop::Task<void> sleep(Nanos duration) override;
    loop::Task<Status> fetch(const middleware::FetchRequest& request, middleware::FetchReply& reply) override;
    loop::Task<Result<std::string_view>> buffer_request_body(std::uint64_t limit) override;
    void set_retry(const wire::Retry&) override { retries = true; }

    bool retries = false;
  };
  struct Active {
    const middleware::Middleware* middleware;
    void* state;
  };
  /// What a step may change of a request.
  struct Before {
    std::string_view path;
    std::string_view query;
    std::string_view authority;
    std::vector<codec::Header> headers;
  };

  const wire::Snapshot& snapshot() const { return plan_.snapshot(); }
  bool descend(std::uint32_t router);
  std::uint32_t child_of(std::uint32_t router);
  bool pass(const wire::List<std::uint32_t>& indexes, Chain chain, std::string_view owner);
  bool run(const middleware::Middleware& middleware);
  void changes(const Before& before);
  void header_changes(const Before& before);
  middleware::Context context(const Active& active);
  void reply();
  bool available(std::uint32_t service);
  bool find_available(std::uint32_t service);
  std::uint32_t choose(std::uint32_t service, std::uint32_t candidates, bool& known);
  void server(const wire::Service& service, const wire::Server& server);

  // walk_remarks.cc
  void limit(const wire::Service& service);
  void cookie(std::uint32_t service, std::uint32_t chosen, scheduler::Sticky::Found kept);
  void timeouts(const wire::Service& service);

  const Plan& plan_;
  const WorkerPlan* live_;
  const wire::EntryPoint& settings_;
  codec::Request& request_;
  const codec::Peer& peer_;
  Arena& arena_;
  JsonWriter& json_;
  std::size_t most_misses_;
  middleware::LocalReply reply_;
  Facilities facilities_;
  std::vector<Active> active_;
  bool replied_ = false;
  /// The router of the entry point, and those below it that were chosen.
  std::vector<std::uint32_t> layers_;
  /// What is known of services: whether they can answer.
  std::unordered_map<std::uint32_t, bool> available_;
  /// No child of the last of them takes the request.
  bool is_lost_ = false;
  /// For each router with children on the way: which of these came close.
  JsonWriter missed_;
  /// Whom the cookie of the client named at each service, as far as a choice was made.
  std::vector<scheduler::Sticky::Found> kept_;
};

}  // namespace fairlead::exchange
