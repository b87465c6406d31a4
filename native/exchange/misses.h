// Routers that came close, as explanations show them.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "base/json.h"
#include "codec/message.h"
#include "router/explain.h"
#include "router/match_input.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// Writes near misses as the member `nearMisses` of the object that is open, with what the request has at that moment.
class Misses {
 public:
  Misses(const wire::Snapshot& snapshot, const codec::Request& request, const codec::Peer& peer, Arena& arena,
         JsonWriter& json)
      : snapshot_(snapshot), request_(request), peer_(peer), arena_(arena), json_(json) {}

  void of(const router::Explanation& found, router::MatchInput& input);

 private:
  void failing(const router::Failing& test, router::MatchInput& input);
  void found(const router::Failing& test, router::MatchInput& input);
  std::string_view operand(const router::Failing& test);
  std::string_view range_text(const wire::Cidr& range);

  const wire::Snapshot& snapshot_;
  const codec::Request& request_;
  const codec::Peer& peer_;
  Arena& arena_;
  JsonWriter& json_;
};

}  // namespace fairlead::exchange
