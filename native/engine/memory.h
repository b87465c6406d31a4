// The memory of this process as the system sees it.
#pragma once

#include <cstdint>

namespace fairlead::engine {

/// Memory that the process may use: the tightest limit of its cgroup and those around it, or 0 when there is none.
std::uint64_t cgroup_memory_limit();
/// Memory of the machine.
std::uint64_t physical_memory();

/// Reads how much memory the process takes. Keeps its file open, so that it works without descriptors.
class ResidentMemory {
 public:
  ResidentMemory();
  ~ResidentMemory();
  ResidentMemory(const ResidentMemory&) = delete;
  ResidentMemory& operator=(const ResidentMemory&) = delete;
  /// Bytes; 0 when the system does not tell.
  std::uint64_t read() const;

 private:
  int fd_;
};

}  // namespace fairlead::engine
