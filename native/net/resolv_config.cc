#include "net/resolv_config.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace fairlead::net {
namespace {

constexpr std::uint16_t kPort = 53;
// Those of the C library: RES_MAXNS, RES_MAXRETRANS, RES_MAXRETRY.
constexpr std::size_t kMostServers = 3;
constexpr unsigned kLongestTimeout = 30;
constexpr unsigned kMostAttempts = 5;
// What is read of a file: more than any that means something.
constexpr std::size_t kLongestText = 64 * 1024;

/// Takes the next word, up to white space, from `rest`; empty at the end.
std::string_view next_word(std::string_view& rest) {
  constexpr std::string_view kSpace = " \t\r";
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(kSpace)));
  const std::string_view word = rest.substr(0, rest.find_first_of(kSpace));
  rest.remove_prefix(word.size());
  return word;
}

/// The number of an option such as "timeout:2", from 1 to `most`.
std::optional<unsigned> number_of(std::string_view option, std::string_view name, unsigned most) {
  if (!option.starts_with(name)) return std::nullopt;
  option.remove_prefix(name.size());
  unsigned number = 0;
  const auto [end, error] = std::from_chars(option.data(), option.data() + option.size(), number);
  if (error != std::errc() || end != option.data() + option.size()) return std::nullopt;
  return std::clamp(number, 1U, most);
}

void read_line(std::string_view line, ResolvConfig& config) {
  const std::string_view keyword = next_word(line);
  if (keyword == "nameserver" && config.servers.size() < kMostServers) {
    if (const auto ip = IpAddress::parse(next_word(line))) config.servers.push_back({*ip, kPort});
  }
  if (keyword != "options") return;
  for (std::string_view option = next_word(line); !option.empty(); option = next_word(line)) {
    if (const auto seconds = number_of(option, "timeout:", kLongestTimeout)) config.timeout = *seconds * kSecond;
    if (const auto attempts = number_of(option, "attempts:", kMostAttempts)) config.attempts = *attempts;
  }
}

}  // namespace

ResolvConfig parse_resolv_config(std::string_view text) {
  ResolvConfig config;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    read_line(line, config);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  if (config.servers.empty()) config.servers.push_back({*IpAddress::parse("127.0.0.1"), kPort});
  return config;
}

ResolvConfig read_resolv_config(const std::string& path) {
  // Not blocking: what was a file once may have become a pipe that nobody writes to.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  std::string text(kLongestText, '\0');
  std::size_t size = 0;
  ssize_t count = 0;
  while (size < text.size() && (count = ::read(fd, text.data() + size, text.size() - size)) > 0) {
    size += static_cast<std::size_t>(count);
  }
  ::close(fd);
  if (count < 0) return {};
  return parse_resolv_config(std::string_view(text).substr(0, size));
}

}  // namespace fairlead::net
