// What a router refuses by itself, before any middleware (Traefik: encodedCharacters, then the domain fronting check).
#pragma once

#include "base/error.h"
#include "base/hash.h"
#include "codec/message.h"
#include "codec/target.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::exchange {

/// Why `router` refuses the request, or kNone.
inline Reason refusal_of(const wire::Snapshot& snapshot, const wire::Router& router, const codec::Request& request,
                         const codec::Peer& peer) {
  if (router.denied_characters != 0 && codec::denied_characters(request.path, router.denied_characters)) {
    return Reason::kDeniedCharacter;
  }
  if (peer.tls && router.tls_options < snapshot.tls_options.size() &&
      hash_bytes(snapshot.tls_options[router.tls_options].name) != peer.tls_options) {
    return Reason::kMisdirected;
  }
  return Reason::kNone;
}

}  // namespace fairlead::exchange
