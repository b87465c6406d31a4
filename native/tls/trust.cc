#include "tls/trust.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "base/ascii.h"
#include "tls/certificate.h"

namespace fairlead::tls {
namespace {

// Where Debian, Fedora and Alpine keep the certificates of public authorities.
constexpr const char* kSystemStores[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/cert.pem"};

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

}  // namespace

X509_STORE* system_authorities() {
  static const StorePointer store = [] {
    StorePointer made(X509_STORE_new());
    for (const char* path : kSystemStores) {
      if (X509_STORE_load_locations(made.get(), path, nullptr) == 1) break;
      ERR_clear_error();
    }
    return made;
  }();
  return store.get();
}

StorePointer load_authorities(const wire::List<wire::Text>& texts, std::string& fault) {
  StorePointer store(X509_STORE_new());
  for (const wire::Text& text : texts) {
    for (const X509Pointer& authority : parse_certificates(text, fault)) {
      if (X509_STORE_add_cert(store.get(), authority.get()) != 1) fault = "cannot be used: " + take_error();
    }
    if (!fault.empty()) return nullptr;
  }
  return store;
}

PeerNames::PeerNames(const wire::List<wire::PeerName>& names) {
  for (const wire::PeerName& name : names) names_.push_back({name.uri, std::string(name.value.view())});
}

bool PeerNames::match(X509* certificate) const {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr) return false;
  const auto count = sk_GENERAL_NAME_num(names.get());
  for (std::remove_const_t<decltype(count)> i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    // Both kinds are IA5 strings in the same place (RFC 5280 section 4.2.1.6).
    if ((name->type == GEN_URI || name->type == GEN_DNS) && accepts(name->type, name->d.ia5)) return true;
  }
  return false;
}

bool PeerNames::accepts(int type, const ASN1_IA5STRING* text) const {
  const std::string_view value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
  return std::ranges::any_of(names_, [&](const Name& name) {
    if (name.is_uri != (type == GEN_URI)) return false;
    return name.is_uri ? name.value == value : ascii::equals_ignoring_case(name.value, value);
  });
}

}  // namespace fairlead::tls
