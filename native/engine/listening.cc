#include "engine/listening.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "net/socket.h"

namespace fairlead::engine {
namespace {

// Connections that may wait for a worker; the kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 4096;

std::string refusal(const wire::EntryPoint& entry_point, int error) {
  return "entry point \"" + std::string(entry_point.name.view()) + "\" cannot listen on " +
         std::string(entry_point.host.view()) + ":" + std::to_string(entry_point.port) + ": " + std::strerror(error);
}

}  // namespace

Listening::~Listening() { close_all(); }

void Listening::close_all() {
  for (const OpenSocket& socket : sockets_) ::close(socket.fd);
  sockets_.clear();
}

bool Listening::open(const wire::Snapshot& root, std::uint32_t workers, std::string& fault) {
  for (std::uint32_t i = 0; i < root.entry_points.size(); ++i) {
    if (open_entry_point(root.entry_points[i], i, workers, fault)) continue;
    close_all();
    return false;
  }
  return true;
}

bool Listening::open_entry_point(const wire::EntryPoint& entry_point, std::uint32_t index, std::uint32_t workers,
                                 std::string& fault) {
  net::Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(entry_point.port);
  const auto explain = [&](int error) {
    fault = refusal(entry_point, error);
    return false;
  };
  if (!entry_point.host.empty()) {
    const auto ip = net::IpAddress::parse(entry_point.host);
    if (!ip) return explain(EADDRNOTAVAIL);
    endpoint.ip = *ip;
  }
  if (!entry_point.reuse_port && !net::port_is_free(endpoint)) return explain(errno);
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    int fd = net::listen_tcp(endpoint, kBacklog);
    if (fd < 0 && errno == EAFNOSUPPORT && entry_point.host.empty()) {
      endpoint.ip = *net::IpAddress::parse("0.0.0.0");  // a kernel without IPv6
      fd = net::listen_tcp(endpoint, kBacklog);
    }
    if (fd < 0) return explain(errno);
    if (endpoint.port == 0) endpoint.port = net::local_endpoint(fd).port;  // the others join the first
    sockets_.push_back({index, worker, fd});
  }
  endpoints_.push_back(endpoint);
  return true;
}

void Listening::announce(const wire::Snapshot& root, Events& events) const {
  for (std::uint32_t i = 0; i < endpoints_.size(); ++i) {
    const wire::EntryPoint& entry_point = root.entry_points[i];
    char text[INET6_ADDRSTRLEN];
    Event event("listening");
    event.text("entryPoint", entry_point.name);
    event.text("address", entry_point.host.empty() ? std::string_view() : endpoints_[i].ip.format(text));
    event.number("port", endpoints_[i].port);
    events.push(std::move(event));
  }
}

std::vector<OpenSocket> Listening::take(std::uint32_t worker) {
  std::vector<OpenSocket> taken;
  const auto of_worker = [worker](const OpenSocket& socket) { return socket.worker == worker; };
  std::copy_if(sockets_.begin(), sockets_.end(), std::back_inserter(taken), of_worker);
  std::erase_if(sockets_, of_worker);
  return taken;
}

bool same_entry_points(const wire::Snapshot& a, const wire::Snapshot& b) {
  return std::equal(a.entry_points.begin(), a.entry_points.end(), b.entry_points.begin(), b.entry_points.end(),
                    [](const wire::EntryPoint& x, const wire::EntryPoint& y) {
                      return x.name.view() == y.name.view() && x.host.view() == y.host.view() && x.port == y.port;
                    });
}

}  // namespace fairlead::engine
