#include "engine/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fairlead::engine {
namespace {

// Far more than the files read here hold: a few numbers, a line for each hierarchy of cgroups.
constexpr std::size_t kMostText = 4096;

/// What stands in a small file of the system; empty when it cannot be read. (A stream of the standard library would bring
/// functions along that older systems lack.)
std::string text_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(kMostText, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(got <= 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

/// The number in a file of one line; 0 when there is none ("max", or no file).
std::uint64_t number_in(const std::string& path) {
  const std::string text = text_of(path);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t tighter(std::uint64_t a, std::uint64_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

/// Path of the process in the hierarchy of version 2 ("0::/a/b"), or "/".
std::string cgroup_path() {
  const std::string text = text_of("/proc/self/cgroup");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with("0::/")) return std::string(line.substr(3));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
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
