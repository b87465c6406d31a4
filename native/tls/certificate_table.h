// The certificates of a snapshot, ready to be served, and which of them a name gets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/generated/records.gen.h"
#include "tls/library.h"
#include "tls/server_name.h"

namespace fairlead::tls {

/// Immutable after load, shared by all workers. Refers to the names in the snapshot, which must outlive it.
class CertificateTable {
 public:
  /// Takes what has the same identity from `previous` (may be null), so that an unrelated reload parses nothing. A
  /// certificate that does not load is left out with a fault.
  void load(const wire::Snapshot& snapshot, const CertificateTable* previous, std::vector<std::string>& faults);

  /// A prepared context that presents the certificate for `name`: the first in the list that covers it. Null when none.
  SSL_CTX* find(std::string_view name) const;
  /// The one for every other name; null when it did not load.
  SSL_CTX* fallback() const { return at(default_); }
  /// Whether some certificate is for an IP address.
  bool names_addresses() const { return names_addresses_; }

 private:
  struct Entry {
    std::uint64_t identity;
    std::shared_ptr<SSL_CTX> context;  // shared with the tables before and after
  };
  void add_names(const wire::Certificate& certificate);
  SSL_CTX* at(std::uint32_t index) const { return index < entries_.size() ? entries_[index].context.get() : nullptr; }

  std::vector<Entry> entries_;
  NameTable names_;
  std::uint32_t default_ = wire::kNone;
  bool names_addresses_ = false;
};

}  // namespace fairlead::tls
