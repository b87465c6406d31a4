// The listening sockets of a first configuration, until the workers have them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/events.h"
#include "net/address.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::engine {

/// A listening socket of one worker.
struct OpenSocket {
  std::uint32_t entry_point;
  std::uint32_t worker;
  int fd;
};

/// Opens a socket per worker for each entry point, all or none. Owns them until they are taken. Control thread.
class Listening {
 public:
  Listening() = default;
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  /// False when some entry point cannot listen: `fault` says which and why, and nothing stays open.
  bool open(const wire::Snapshot& root, std::uint32_t workers, std::string& fault);
  /// Tells where it listens, with the ports that the system has chosen.
  void announce(const wire::Snapshot& root, Events& events) const;
  /// Those of one worker; they are the caller's from now on.
  std::vector<OpenSocket> take(std::uint32_t worker);

 private:
  bool open_entry_point(const wire::EntryPoint& entry_point, std::uint32_t index, std::uint32_t workers,
                        std::string& fault);
  void close_all();

  std::vector<OpenSocket> sockets_;
  std::vector<net::Endpoint> endpoints_;  // by entry point
};

/// Whether both listen at the same places under the same names.
bool same_entry_points(const wire::Snapshot& a, const wire::Snapshot& b);

}  // namespace fairlead::engine
