#include "engine/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

namespace fairlead::engine {
namespace {

/// The number in a file of one line; 0 when there is none ("max", or no file).
std::uint64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : 0;
}

std::uint64_t tighter(std::uint64_t a, std::uint64_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

/// Path of the process in the hierarchy of version 2 ("0::/a/b"), or "/".
std::string cgroup_path() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return "/";
}

}  // namespace

std::uint64_t cgroup_memory_limit() {
  const std::string root = "/sys/fs/cgroup";
  std::uint64_t limit = 0;
  for (std::string path = cgroup_path();; path.resize(path.rfind('/'))) {
    limit = tighter(limit, number_in(root + path + "/memory.max"));
    if (path.empty() || path == "/") break;
  }
  // Version 1; "no limit" is a number beyond any memory there.
  limit = tighter(limit, number_in(root + "/memory/memory.limit_in_bytes"));
  return limit >= physical_memory() ? 0 : limit;
}

std::uint64_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long size = ::sysconf(_SC_PAGESIZE);
  return pages <= 0 || size <= 0 ? 0 : static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
}

ResidentMemory::ResidentMemory() : fd_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

ResidentMemory::~ResidentMemory() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint64_t ResidentMemory::read() const {
  char text[128];
  const ssize_t got = fd_ < 0 ? -1 : ::pread(fd_, text, sizeof(text) - 1, 0);
  if (got <= 0) return 0;
  text[got] = '\0';
  char* at = text;
  std::strtoull(at, &at, 10);  // the whole address space
  return std::strtoull(at, nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace fairlead::engine
