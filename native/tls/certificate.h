// Certificates and keys as the library holds them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/library.h"

namespace fairlead::tls {

/// Every certificate of a PEM text, in order. Empty with a fault when there is none or one is broken.
std::vector<X509Pointer> parse_certificates(std::string_view pem, std::string& fault);
/// The private key of a PEM text; encrypted keys are refused. Null with a fault.
KeyPointer parse_key(std::string_view pem, std::string& fault);

/// Makes `context` present this chain (leaf first) with its key, instead of one with the same kind of key. False with a fault when either does not load or they
/// do not belong together.
bool present_certificate(SSL_CTX* context, std::string_view chain_pem, std::string_view key_pem, std::string& fault);

}  // namespace fairlead::tls
