#include "middleware/hop_by_hop.h"

namespace fairlead::middleware {
namespace {

bool is_hop_by_hop(codec::HeaderId id) {
  using Id = codec::HeaderId;
  return id == Id::kConnection || id == Id::kKeepAlive || id == Id::kProxyConnection || id == Id::kProxyAuthenticate ||
         id == Id::kProxyAuthorization || id == Id::kTe || id == Id::kTrailer || id == Id::kTransferEncoding ||
         id == Id::kUpgrade;
}

}  // namespace

void remove_hop_by_hop(codec::Headers& headers) {
  std::string_view named = headers.joined("connection");
  std::string_view name;
  while (ascii::next_element(named, name)) {
    if (!name.empty()) headers.remove(name);
  }
  headers.remove_if([](const codec::Header& header) { return is_hop_by_hop(header.id); });
}

}  // namespace fairlead::middleware
