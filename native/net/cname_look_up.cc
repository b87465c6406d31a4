#include "net/cname_look_up.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "net/dns.h"

namespace fairlead::net {
namespace {

using Kind = CnameAnswer::Kind;

// A look-up of all records together: twice what a request waits for it. What comes later would help nobody, and keep a
// thread from others.
constexpr Nanos kLongest = 10 * kSecond;
// What a server may send over UDP to whoever has not said that it takes more is 512 bytes; some send more.
constexpr std::size_t kLongestDatagram = 4096;

/// A socket that takes datagrams from one server only.
class ServerSocket {
 public:
  explicit ServerSocket(const Endpoint& server) {
    sockaddr_storage storage{};
    const socklen_t size = server.to(storage);
    fd_ = ::socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return;
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&storage), size) == 0;
  }
  ~ServerSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  ServerSocket(const ServerSocket&) = delete;
  ServerSocket& operator=(const ServerSocket&) = delete;

  bool send(const std::string& message) const {
    return connected_ && ::send(fd_, message.data(), message.size(), MSG_NOSIGNAL) >= 0;
  }
  /// The next datagram; empty when there is none until `deadline`, or the server does not listen.
  std::span<const std::uint8_t> receive(std::span<std::uint8_t> into, Nanos deadline) const {
    for (;;) {
      const Nanos now = monotonic_now();
      if (now >= deadline) return {};
      pollfd one{fd_, POLLIN, 0};
      const auto left = static_cast<int>((deadline - now) / kMillisecond + 1);
      if (::poll(&one, 1, left) <= 0) continue;
      const ssize_t size = ::recv(fd_, into.data(), into.size(), 0);
      if (size < 0) return {};
      if (size > 0) return into.first(static_cast<std::size_t>(size));
    }
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

/// What one server says within its time. An answer to something else is passed over: anybody may pretend to be the
/// server, and has to guess port and number.
CnameAnswer ask_server(const Endpoint& server, const std::string& host, Nanos deadline) {
  const ServerSocket socket(server);
  const auto id = static_cast<std::uint16_t>(random_bits());
  std::uint8_t buffer[kLongestDatagram];
  CnameAnswer answer{Kind::kFailed, {}, 0};
  if (!socket.send(cname_question(id, host))) return answer;
  do {
    const std::span<const std::uint8_t> bytes = socket.receive(buffer, deadline);
    if (bytes.empty()) return {Kind::kFailed, {}, 0};
    answer = read_cname_answer(bytes, id, host);
  } while (answer.kind == Kind::kForeign);
  return answer;
}

CnameAnswer ask(const std::string& host, const ResolvConfig& config, Nanos deadline) {
  for (unsigned attempt = 0; attempt < config.attempts; ++attempt) {
    for (const Endpoint& server : config.servers) {
      const Nanos now = monotonic_now();
      if (now >= deadline) break;
      CnameAnswer answer = ask_server(server, host, std::min(deadline, now + config.timeout));
      if (answer.kind != Kind::kFailed) return answer;
    }
  }
  return {Kind::kFailed, {}, 0};
}

}  // namespace

CanonicalName look_up_cname(const std::string& host, std::uint32_t depth, const ResolvConfig& config) {
  const Nanos deadline = monotonic_now() + kLongest;
  CanonicalName found{CanonicalName::Kind::kSame, host, 0};
  for (std::uint32_t hop = 0; hop < depth; ++hop) {
    CnameAnswer answer = ask(found.name, config, deadline);
    if (answer.kind == Kind::kFailed) return {};
    if (answer.kind != Kind::kName) break;
    const Nanos holds = answer.time_to_live * kSecond;
    found.time_to_live = hop == 0 ? holds : std::min(found.time_to_live, holds);
    found.kind = CanonicalName::Kind::kOther;
    found.name = std::move(answer.name);
  }
  return found;
}

}  // namespace fairlead::net
