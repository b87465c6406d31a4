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

  /// Index of the certificate for `name`: the first in the list that covers it. wire::kNone when none does.
  std::uint32_t find(std::string_view name) const { return names_.first(name); }
  /// Index of the one for every other name, or wire::kNone when it did not load.
  std::uint32_t fallback() const { return at(default_) == nullptr ? wire::kNone : default_; }
  /// A prepared context that presents the certificate of that index; null for wire::kNone.
  SSL_CTX* at(std::uint32_t index) const { return index < entries_.size() ? entries_[index].context.get() : nullptr; }
  /// Whether some certificate is for an IP address.
  bool names_addresses() const { return names_addresses_; }

 private:
  struct Entry {
    std::uint64_t identity;
    std::shared_ptr<SSL_CTX> context;  // shared with the tables before and after
  };
  void add_names(const wire::Certificate& certificate);

  std::vector<Entry> entries_;
  NameTable names_;
  std::uint32_t default_ = wire::kNone;
  bool names_addresses_ = false;
};

}  // namespace fairlead::tls
