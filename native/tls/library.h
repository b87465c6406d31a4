// The TLS library: its objects owned by smart pointers, and everything in which AWS-LC and OpenSSL differ.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#ifdef FAIRLEAD_TLS_OPENSSL
#include <openssl/core_names.h>
#include <openssl/params.h>
#else
#include <openssl/hmac.h>
#endif

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::tls {

struct LibraryDelete {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using SslPointer = std::unique_ptr<SSL, LibraryDelete>;
using ContextPointer = std::unique_ptr<SSL_CTX, LibraryDelete>;
using X509Pointer = std::unique_ptr<X509, LibraryDelete>;
using KeyPointer = std::unique_ptr<EVP_PKEY, LibraryDelete>;
using StorePointer = std::unique_ptr<X509_STORE, LibraryDelete>;
using BioPointer = std::unique_ptr<BIO, LibraryDelete>;

/// An entry of the library's error queue.
using ErrorCode = decltype(ERR_get_error());

/// What an error is called; empty for none. Static.
inline std::string_view error_text(ErrorCode code) {
  if (code == 0) return {};
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

/// Empties the library's error queue and returns its first entry as text, or an empty string.
inline std::string take_error() {
  const ErrorCode code = ERR_get_error();
  ERR_clear_error();
  return std::string(error_text(code));
}

/// Makes the library gather what its first random bytes are made of, which takes AWS-LC some 70 ms of the processor, once in a
/// process. Whoever makes a context sees to it, on a thread that has the time: in the first handshake all of a worker would wait.
inline void gather_entropy() {
  std::uint8_t byte = 0;
  RAND_bytes(&byte, 1);
}

/// Sees a ClientHello before anything is decided: `server_name` is the body of that extension, empty when absent. May
/// change versions, certificate and everything else of `ssl`. False ends the handshake.
using HelloCallback = bool (*)(SSL* ssl, std::span<const std::uint8_t> server_name);

template <HelloCallback kCallback>
void watch_hello(SSL_CTX* context) {
#ifdef FAIRLEAD_TLS_OPENSSL
  constexpr auto kAdapter = [](SSL* ssl, int* alert, void*) -> int {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) size = 0;
    *alert = SSL_AD_HANDSHAKE_FAILURE;
    return kCallback(ssl, {data, size}) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
  };
  SSL_CTX_set_client_hello_cb(context, kAdapter, nullptr);
#else
  constexpr auto kAdapter = [](const SSL_CLIENT_HELLO* hello) -> ssl_select_cert_result_t {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (SSL_early_callback_ctx_extension_get(hello, TLSEXT_TYPE_server_name, &data, &size) != 1) size = 0;
    return kCallback(hello->ssl, {data, size}) ? ssl_select_cert_success : ssl_select_cert_error;
  };
  SSL_CTX_set_select_certificate_cb(context, kAdapter);
#endif
}

/// Frees the configuration of `ssl` once its handshake has ended; OpenSSL has no such thing.
inline void shed_after_handshake([[maybe_unused]] SSL* ssl) {
#ifdef FAIRLEAD_TLS_AWS_LC
  SSL_set_shed_handshake_config(ssl, 1);
#endif
}

/// OpenSSL's security level forbids old versions whatever the options say; the options shall decide.
template <class Target>
void allow_version(Target* target, std::uint16_t lowest) {
#ifdef FAIRLEAD_TLS_OPENSSL
  const int level = lowest < TLS1_2_VERSION ? 0 : 1;
  if constexpr (std::is_same_v<Target, SSL>) {
    SSL_set_security_level(target, level);
  } else {
    SSL_CTX_set_security_level(target, level);
  }
#else
  static_cast<void>(target);
  static_cast<void>(lowest);
#endif
}

/// Whether a connection may hand out and take tickets.
inline void allow_tickets(SSL* ssl, bool allowed) {
  if (allowed) {
    SSL_clear_options(ssl, SSL_OP_NO_TICKET);
  } else {
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
  }
#ifdef FAIRLEAD_TLS_OPENSSL
  // With SSL_OP_NO_TICKET alone OpenSSL would send TLS 1.3 tickets that stand for sessions kept in memory.
  SSL_set_num_tickets(ssl, allowed ? 1 : 0);
#endif
}

/// The groups of a colon-separated list that the library has: all with AWS-LC, OpenSSL before 3.5 lacks ML-KEM.
inline std::string known_groups(SSL_CTX* scratch, std::string_view list) {
#ifdef FAIRLEAD_TLS_OPENSSL
  std::string known;
  while (!list.empty()) {
    const std::string group(list.substr(0, list.find(':')));
    list.remove_prefix(std::min(list.size(), group.size() + 1));
    if (SSL_CTX_set1_groups_list(scratch, group.c_str()) == 1) known += (known.empty() ? "" : ":") + group;
  }
  ERR_clear_error();
  return known;
#else
  static_cast<void>(scratch);
  return std::string(list);
#endif
}

#ifdef FAIRLEAD_TLS_OPENSSL
using TicketMac = EVP_MAC_CTX;
inline bool key_ticket_mac(TicketMac* mac, std::span<const std::uint8_t> key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(key.data()), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}
#else
using TicketMac = HMAC_CTX;
inline bool key_ticket_mac(TicketMac* mac, std::span<const std::uint8_t> key) {
  return HMAC_Init_ex(mac, key.data(), key.size(), EVP_sha256(), nullptr) == 1;
}
#endif

/// Prepares the cipher and MAC of one ticket. 0: not ours, 1: ready, 2: opens, but wants replacing, -1: failure.
using TicketCallback = int (*)(SSL* ssl, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, TicketMac* mac,
                               int encrypt);
inline bool set_ticket_callback(SSL_CTX* context, TicketCallback callback) {
#ifdef FAIRLEAD_TLS_OPENSSL
  return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, callback) == 1;
#else
  return SSL_CTX_set_tlsext_ticket_key_cb(context, callback) == 1;
#endif
}

}  // namespace fairlead::tls
