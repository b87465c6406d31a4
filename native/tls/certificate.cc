#include "tls/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <utility>

namespace fairlead::tls {
namespace {

BioPointer reader(std::string_view pem) {
  return BioPointer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// There is no terminal to ask at: an encrypted key fails instead of hanging.
int no_password(char*, int, int, void*) { return -1; }

bool is_end_of_text(ErrorCode error) {
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

bool install(SSL_CTX* context, const std::vector<X509Pointer>& chain, EVP_PKEY* key) {
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) return false;
  SSL_CTX_clear_chain_certs(context);  // of one that was here before
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return false;
  }
  return SSL_CTX_use_PrivateKey(context, key) == 1;
}

}  // namespace

std::vector<X509Pointer> parse_certificates(std::string_view pem, std::string& fault) {
  std::vector<X509Pointer> certificates;
  const BioPointer bio = reader(pem);
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool complete = is_end_of_text(ERR_peek_last_error());
  const std::string error = take_error();
  if (!complete) {
    fault = "holds a certificate that does not parse: " + error;
    certificates.clear();
  } else if (certificates.empty()) {
    fault = "holds no certificate in PEM form";
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

bool present_certificate(SSL_CTX* context, std::string_view chain_pem, std::string_view key_pem, std::string& fault) {
  const std::vector<X509Pointer> chain = parse_certificates(chain_pem, fault);
  if (chain.empty()) return false;
  const KeyPointer key = parse_key(key_pem, fault);
  if (key == nullptr) return false;
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    fault = "and its private key do not belong together";
    return false;
  }
  if (install(context, chain, key.get())) return true;
  fault = "cannot be served: " + take_error();
  return false;
}

}  // namespace fairlead::tls
