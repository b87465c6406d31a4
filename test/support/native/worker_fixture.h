// One worker on the thread of the test, with clients and servers whose part the test plays.
#pragma once

#include <doctest/doctest.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exchange/connection.h"
#include "exchange/worker.h"
#include "test/support/native/run_task.h"
#include "test/support/native/scripted_server.h"
#include "test/support/native/snapshot_writer.h"
#include "test/support/native/sockets.h"

namespace fairlead::test {

class FakeShared final : public exchange::Shared {
 public:
  bool everywhere(std::uint64_t generation) const override { return generation <= installed; }
  void connection_ended(std::uint32_t, const net::IpAddress&) override { ++ended; }
  stats::Pressure& pressure() override { return account; }
  void server_changed(std::string_view service, const upstream::ServerReport& server) override {
    changes.push_back(std::string(service) + " " + server.url + (server.up ? " up " : " down ") +
                      upstream::cause_name(server.cause));
  }

  std::vector<std::string> changes;
  stats::Pressure account;
  std::uint64_t installed = 1;
  int ended = 0;
};

class WorkerFixture {
 public:
  explicit WorkerFixture(const SnapshotSpec& spec) { install(spec); }

  void install(const SnapshotSpec& spec) {
    std::string fault;
    auto bytes = exchange::SnapshotBytes::verify(SnapshotWriter(spec).bytes(), fault);
    REQUIRE_MESSAGE(bytes != nullptr, fault);
    std::vector<std::string> faults;
    std::shared_ptr<const exchange::Plan> plan =
        exchange::Plan::build(std::move(bytes), {states, nullptr, nullptr}, faults);
    REQUIRE(plan != nullptr);
    worker.install(std::move(plan));
  }

  /// A client that has just been accepted. Its end does not block.
  Fd connect(Ends ends = unix_pair()) {
    const net::Endpoint client{*net::IpAddress::parse("192.0.2.7"), 4711};
    exchange::Connection::accept(worker, 0, ends.ours.release(), client);
    set_blocking(ends.theirs.get(), false);
    return std::move(ends.theirs);
  }
  /// Runs the worker until the client has received something that ends with `end`, or is cut off; all it has received.
  std::string receive(const Fd& client, std::string_view end) {
    std::string all;
    bool over = false;
    run_until(worker.loop, [&] {
      char room[65536];
      ssize_t got;
      while ((got = ::recv(client.get(), room, sizeof(room), 0)) > 0) all.append(room, static_cast<std::size_t>(got));
      last_error = got < 0 ? errno : 0;
      over = got == 0 || (got < 0 && errno != EAGAIN);
      return over || all.ends_with(end);
    });
    return all;
  }
  /// What the client gets for `request`, up to `end`.
  std::string ask(const Fd& client, std::string_view request, std::string_view end) {
    send_all(client.get(), request);
    return receive(client, end);
  }
  /// Lets the worker run for `duration`.
  void pass(Nanos duration) {
    const Nanos until = worker.loop.refresh_now() + duration;
    run_until(worker.loop, [&] { return worker.loop.now() >= until; });
  }
  std::uint64_t count(stats::Counter counter) const { return worker.counters.get(counter); }
  std::uint64_t count(Reason reason) const { return worker.counters.get(stats::reason_counter(reason)); }

  /// Of the client that received last: EAGAIN while it is connected, 0 after a clean end.
  int last_error = 0;
  exchange::SharedStates states;
  FakeShared shared;
  net::ResolverThreads resolver{net::system_look_up};
  /// CNAME records of hosts; read on other threads once the worker asks.
  std::map<std::string, std::string> canonical_of;
  /// Look-ups wait for this, if it is something to wait for.
  std::shared_future<void> hold_canonical;
  net::CanonicalThreads canonical{[this](const std::string& host) {
    if (hold_canonical.valid()) hold_canonical.wait();
    const auto found = canonical_of.find(host);
    if (found == canonical_of.end()) return net::CanonicalName{net::CanonicalName::Kind::kSame, {}, 0};
    return net::CanonicalName{net::CanonicalName::Kind::kOther, found->second, kSecond};
  }};
  std::unique_ptr<exchange::AccessLog> log = exchange::AccessLog::create();
  exchange::Worker worker{0, 1, 1 << 20, resolver, canonical, shared, *log};
};

}  // namespace fairlead::test
