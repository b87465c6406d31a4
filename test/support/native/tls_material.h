// Certificates made on the spot, and snapshots that serve them.
#pragma once

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/generated/records.gen.h"
#include "test/support/native/encoded.h"
#include "test/support/native/wire_writer.h"
#include "tls/library.h"

namespace fairlead::test {

/// A certificate chain and its private key.
struct Pem {
  std::string chain;
  std::string key;
};

/// What is in a certificate that is made. `names` are in OpenSSL's notation: DNS:a.test, IP:127.0.0.1, URI:spiffe://a.
struct CertificateSpec {
  std::string common_name = "test";
  std::vector<std::string> names = {};
  long valid_for = 3600;  // seconds from now; negative: it has expired
  bool is_authority = false;
};

/// Issues certificates. Its own is self-signed.
class Authority {
 public:
  explicit Authority(const std::string& name = "test authority")
      : key_(new_key()), certificate_(make({name, {}, 3600, true}, key_.get(), nullptr, key_.get())) {}

  std::string pem() const { return text(certificate_.get()); }
  Pem issue(const CertificateSpec& spec) const {
    const tls::KeyPointer key = new_key();
    const tls::X509Pointer made = make(spec, key.get(), certificate_.get(), key_.get());
    return {text(made.get()), text(key.get())};
  }

  static std::string text(X509* certificate) {
    return write([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
  }
  static std::string text(EVP_PKEY* key) {
    return write([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
  }

 private:
  static tls::KeyPointer new_key() {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr);
    EVP_PKEY* key = nullptr;
    REQUIRE(EVP_PKEY_keygen_init(context) == 1);
    REQUIRE(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1);
    REQUIRE(EVP_PKEY_keygen(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    return tls::KeyPointer(key);
  }

  static tls::X509Pointer make(const CertificateSpec& spec, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    static long serial = 1;
    tls::X509Pointer made(X509_new());
    X509* certificate = made.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), spec.valid_for);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate, issuer == nullptr ? subject : X509_get_subject_name(issuer));
    extend(certificate, NID_basic_constraints, spec.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    std::string joined;
    for (const std::string& name : spec.names) joined += (joined.empty() ? "" : ",") + name;
    if (!joined.empty()) extend(certificate, NID_subject_alt_name, joined.c_str());
    REQUIRE(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return made;
  }

  static void extend(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, nid, value);
    REQUIRE(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  template <class Write>
  static std::string write(Write write_to) {
    const tls::BioPointer bio(BIO_new(BIO_s_mem()));
    REQUIRE(write_to(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  tls::KeyPointer key_;
  tls::X509Pointer certificate_;
};

/// The TLS part of a snapshot with one entry point.
struct TlsSetup {
  struct Certificate {
    Pem pem;
    std::vector<std::string> names;
    std::uint64_t identity = 0;  // 0: from the text
  };
  struct Options {
    std::string name = "default";
    std::uint16_t min_version = 0;
    std::uint16_t max_version = 0;
    bool sni_strict = false;
    bool disable_session_tickets = false;
    std::string ciphers = {};
    std::string curves = {};
    std::vector<std::string> alpn = {"h2", "http/1.1"};
  };
  std::vector<Certificate> certificates = {};  // the last one is the default
  std::vector<Options> options = {{}};
  std::vector<std::pair<std::string, std::uint32_t>> hosts = {};
  std::uint32_t default_options = 0;
};

namespace detail {

inline void put_texts(WireWriter& writer, std::size_t slot, const std::vector<std::string>& texts) {
  const std::size_t at = writer.list<wire::Text>(slot, texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) writer.text(at + i * sizeof(wire::Text), texts[i]);
}

inline void put_certificate(WireWriter& writer, std::size_t at, const TlsSetup::Certificate& certificate) {
  const std::uint64_t own = std::hash<std::string>{}(certificate.pem.chain + certificate.pem.key);
  writer.put(at + offsetof(wire::Certificate, identity), certificate.identity != 0 ? certificate.identity : own);
  writer.text(at + offsetof(wire::Certificate, chain), certificate.pem.chain);
  writer.text(at + offsetof(wire::Certificate, key), certificate.pem.key);
  put_texts(writer, at + offsetof(wire::Certificate, names), certificate.names);
}

inline void put_options(WireWriter& writer, std::size_t at, const TlsSetup::Options& options) {
  writer.put(at + offsetof(wire::TlsOptions, identity), std::uint64_t{std::hash<std::string>{}(options.name)});
  writer.text(at + offsetof(wire::TlsOptions, name), options.name);
  writer.put(at + offsetof(wire::TlsOptions, min_version), options.min_version);
  writer.put(at + offsetof(wire::TlsOptions, max_version), options.max_version);
  writer.put(at + offsetof(wire::TlsOptions, sni_strict), options.sni_strict);
  writer.put(at + offsetof(wire::TlsOptions, disable_session_tickets), options.disable_session_tickets);
  writer.text(at + offsetof(wire::TlsOptions, cipher_suites), options.ciphers);
  writer.text(at + offsetof(wire::TlsOptions, curves), options.curves);
  put_texts(writer, at + offsetof(wire::TlsOptions, alpn), options.alpn);
}

}  // namespace detail

/// Encodes the setup; the entry point is `entry_points[0]`.
inline Encoded<wire::Snapshot> tls_snapshot(const TlsSetup& setup) {
  WireWriter writer;
  writer.reserve<wire::Snapshot>();
  std::size_t at = writer.list<wire::Certificate>(offsetof(wire::Snapshot, certificates), setup.certificates.size());
  for (const TlsSetup::Certificate& certificate : setup.certificates) {
    detail::put_certificate(writer, at, certificate);
    at += sizeof(wire::Certificate);
  }
  writer.put(offsetof(wire::Snapshot, default_certificate), static_cast<std::uint32_t>(setup.certificates.size() - 1));
  at = writer.list<wire::TlsOptions>(offsetof(wire::Snapshot, tls_options), setup.options.size());
  for (const TlsSetup::Options& options : setup.options) {
    detail::put_options(writer, at, options);
    at += sizeof(wire::TlsOptions);
  }
  const std::size_t entry_point = writer.list<wire::EntryPoint>(offsetof(wire::Snapshot, entry_points), 1);
  writer.text(entry_point + offsetof(wire::EntryPoint, name), "websecure");
  writer.put(entry_point + offsetof(wire::EntryPoint, default_tls_options), setup.default_options);
  at = writer.list<wire::TlsHost>(entry_point + offsetof(wire::EntryPoint, tls_hosts), setup.hosts.size());
  for (const auto& [host, options] : setup.hosts) {
    writer.text(at + offsetof(wire::TlsHost, host), host);
    writer.put(at + offsetof(wire::TlsHost, options), options);
    at += sizeof(wire::TlsHost);
  }
  return Encoded<wire::Snapshot>(writer.bytes());
}

/// The TLS part of a servers transport.
struct TransportSetup {
  std::string server_name = {};
  bool insecure_skip_verify = false;
  std::uint16_t min_version = 0;
  std::uint16_t max_version = 0;
  std::string ciphers = {};
  std::vector<std::string> root_cas = {};
  std::vector<Pem> certificates = {};
  std::vector<std::pair<bool, std::string>> peer_names = {};  // is URI, value
};

inline Encoded<wire::Transport> tls_transport(const TransportSetup& setup) {
  WireWriter writer;
  writer.reserve<wire::Transport>();
  writer.text(offsetof(wire::Transport, name), "up@test");
  writer.text(offsetof(wire::Transport, server_name), setup.server_name);
  writer.put(offsetof(wire::Transport, insecure_skip_verify), setup.insecure_skip_verify);
  writer.put(offsetof(wire::Transport, min_version), setup.min_version);
  writer.put(offsetof(wire::Transport, max_version), setup.max_version);
  writer.text(offsetof(wire::Transport, cipher_suites), setup.ciphers);
  detail::put_texts(writer, offsetof(wire::Transport, root_cas), setup.root_cas);
  std::size_t at = writer.list<wire::Certificate>(offsetof(wire::Transport, certificates), setup.certificates.size());
  for (const Pem& pem : setup.certificates) {
    detail::put_certificate(writer, at, {pem, {}});
    at += sizeof(wire::Certificate);
  }
  at = writer.list<wire::PeerName>(offsetof(wire::Transport, peer_names), setup.peer_names.size());
  for (const auto& [is_uri, value] : setup.peer_names) {
    writer.put(at + offsetof(wire::PeerName, uri), is_uri);
    writer.text(at + offsetof(wire::PeerName, value), value);
    at += sizeof(wire::PeerName);
  }
  return Encoded<wire::Transport>(writer.bytes());
}

}  // namespace fairlead::test
