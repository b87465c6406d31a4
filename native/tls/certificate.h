// Certificates and keys as the library holds them.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using X509Pointer = std::unique_ptr<X509, FreeX509>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeX509>;
using StorePointer = std::unique_ptr<X509_STORE, FreeX509>;

/// Every certificate of a PEM text, in order. Empty with a fault when there is none or one is broken.
std::vector<X509Pointer> parse_certificates(std::string_view pem, std::string& fault);
/// The private key of a PEM text; encrypted keys are refused. Null with a fault.
KeyPointer parse_key(std::string_view pem, std::string& fault);

/// A certificate chain with its key, ready to be served.
struct Identity {
  std::vector<X509Pointer> chain;
  KeyPointer key;

  /// Null with a fault when either does not load or they do not belong together.
  static std::unique_ptr<Identity> load(std::string_view chain_pem, std::string_view key_pem, std::string& fault);
};

}  // namespace fairlead::tls
