#include "tls/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "tls/session.h"

namespace fairlead::tls {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPointer = std::unique_ptr<BIO, FreeBio>;

BioPointer reader(std::string_view pem) { return BioPointer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// There is no terminal to ask at: an encrypted key fails instead of hanging.
int no_password(char*, int, int, void*) { return 0; }

}  // namespace

std::vector<X509Pointer> parse_certificates(std::string_view pem, std::string& fault) {
  std::vector<X509Pointer> certificates;
  const BioPointer bio = reader(pem);
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const auto error = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  const std::string text = take_error();
  if (certificates.empty()) {
    fault = "holds no certificate in PEM form";
  } else if (!at_end) {
    fault = "holds a certificate that does not parse: " + text;
    certificates.clear();
  }
  return certificates;
}

KeyPointer parse_key(std::string_view pem, std::string& fault) {
  const BioPointer bio = reader(pem);
  ERR_clear_error();
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (key == nullptr) fault = "has no usable private key in PEM form: " + take_error();
  return key;
}

std::unique_ptr<Identity> Identity::load(std::string_view chain_pem, std::string_view key_pem, std::string& fault) {
  auto identity = std::make_unique<Identity>();
  identity->chain = parse_certificates(chain_pem, fault);
  if (identity->chain.empty()) return nullptr;
  identity->key = parse_key(key_pem, fault);
  if (identity->key == nullptr) return nullptr;
  if (X509_check_private_key(identity->chain.front().get(), identity->key.get()) != 1) {
    take_error();
    fault = "and its private key do not belong together";
    return nullptr;
  }
  return identity;
}

}  // namespace fairlead::tls
