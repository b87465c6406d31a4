// A request's way through middlewares and services, walked only to see where it leads.
#pragma once

#include <cstdint>
#include <string_view>
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
       const codec::Peer& peer, Arena& arena, JsonWriter& json)
      : plan_(plan),
        live_(live),
        settings_(settings),
        request_(request),
        peer_(peer),
        arena_(arena),
        json_(json),
        reply_(arena) {}

  /// From the chain of a router to a server.
  void through(std::uint32_t router);

 private:
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
  bool pass(const wire::List<std::uint32_t>& indexes, Chain chain, std::string_view owner);
  bool run(const middleware::Middleware& middleware);
  void changes(const Before& before);
  void header_changes(const Before& before);
  middleware::Context context(const Active& active);
  void reply();
  std::uint32_t choose(std::uint32_t service, std::uint32_t candidates, bool& known);
  void server(const wire::Service& service, const wire::Server& server);

  const Plan& plan_;
  const WorkerPlan* live_;
  const wire::EntryPoint& settings_;
  codec::Request& request_;
  const codec::Peer& peer_;
  Arena& arena_;
  JsonWriter& json_;
  middleware::LocalReply reply_;
  std::vector<Active> active_;
  bool replied_ = false;
  /// The router of the entry point, and those below it that were chosen.
  std::vector<std::uint32_t> layers_;
  /// No child of the last of them takes the request.
  bool is_lost_ = false;
};

}  // namespace fairlead::exchange
