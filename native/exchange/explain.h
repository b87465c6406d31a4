// What would become of a request, step by step, under a plan: the same parser, router, middlewares and balancers as for
// traffic, but nothing is sent and nothing is remembered.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/json.h"
#include "exchange/plan.h"
#include "exchange/service_state.h"
#include "net/canonical_names.h"

namespace fairlead::exchange {

/// A request as a client would send it, and where it comes in.
struct Question {
  /// A request head of HTTP/1, whole.
  std::string_view head;
  /// Name of the entry point.
  std::string_view entry_point;
  bool tls = false;
  /// Lower case; empty when the client names no server.
  std::string_view server_name;
  /// Address of the client.
  std::string_view client;
  /// Routers that are named beside the one that is chosen; 0 spares the search for them.
  std::size_t near_misses = 0;
};

/// Writes the answer as one JSON object. `live`: this worker's states for that very plan, so that the next server is
/// named and not the first; null otherwise. `names`: what it knows of CNAME records; null when nobody is asked for them.
void explain(const Plan& plan, const Question& question, const WorkerPlan* live, net::CanonicalNames* names,
             JsonWriter& json);

}  // namespace fairlead::exchange
