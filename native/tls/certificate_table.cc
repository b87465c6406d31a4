#include "tls/certificate_table.h"

#include <unordered_map>
#include <utility>

#include "net/address.h"
#include "tls/certificate.h"
#include "tls/server_session.h"

namespace fairlead::tls {
namespace {

/// How a certificate is called in messages: by its first name.
std::string called(const wire::Certificate& certificate) {
  if (certificate.names.empty()) return "the default certificate ";
  return "certificate \"" + std::string(certificate.names[0].view()) + "\" ";
}

// A context of its own for each certificate costs 3 KB once; giving a connection a certificate without one means to
// parse it again, a fifth of a handshake.
std::shared_ptr<SSL_CTX> prepare(const wire::Certificate& certificate, std::string& fault) {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || !present_certificate(context.get(), certificate.chain, certificate.key, fault)) return {};
  ServerConnection::prepare_certificate(context.get());
  return std::shared_ptr<SSL_CTX>(std::move(context));
}

}  // namespace

void CertificateTable::load(const wire::Snapshot& snapshot, const CertificateTable* previous,
                            std::vector<std::string>& faults) {
  std::unordered_map<std::uint64_t, std::shared_ptr<SSL_CTX>> known;
  if (previous != nullptr) {
    for (const Entry& entry : previous->entries_) known.emplace(entry.identity, entry.context);
  }
  entries_.reserve(snapshot.certificates.size());
  for (const wire::Certificate& wire : snapshot.certificates) {
    std::shared_ptr<SSL_CTX>& context = known[wire.identity];
    std::string fault;
    if (context == nullptr) context = prepare(wire, fault);
    if (context == nullptr) {
      faults.push_back(called(wire) + fault);
    } else {
      add_names(wire);
    }
    entries_.push_back({wire.identity, context});
  }
  default_ = snapshot.default_certificate;
}

void CertificateTable::add_names(const wire::Certificate& certificate) {
  const auto position = static_cast<std::uint32_t>(entries_.size());
  for (const wire::Text& name : certificate.names) {
    names_.add(name, position);
    names_addresses_ = names_addresses_ || net::IpAddress::parse(name).has_value();
  }
}

}  // namespace fairlead::tls
