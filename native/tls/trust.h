// Whom we believe: authorities, and the names a server may go by.
#pragma once

#include <string>
#include <vector>

#include "snapshot/generated/records.gen.h"
#include "tls/library.h"

namespace fairlead::tls {

/// The system's trust store, parsed when first asked for, once per process. Empty when the system has none.
X509_STORE* system_authorities();

/// A store of the certificates in these PEM texts. Null with a fault when one of them does not load.
StorePointer load_authorities(const wire::List<wire::Text>& texts, std::string& fault);

/// Names of which a server's certificate must have one (Traefik: peerCertSANs, peerCertURI). Owns them.
class PeerNames {
 public:
  explicit PeerNames(const wire::List<wire::PeerName>& names);
  bool empty() const { return names_.empty(); }
  bool match(X509* certificate) const;

 private:
  struct Name {
    bool is_uri;
    std::string value;
  };
  bool accepts(int type, const ASN1_IA5STRING* text) const;

  std::vector<Name> names_;
};

}  // namespace fairlead::tls
