#include "upstream/pool.h"

#include <utility>

namespace fairlead::upstream {

Connection::Connection(loop::Loop& loop, net::StreamScratch& scratch, int fd)
    : stream(loop, scratch, fd), idle_waiter_(on_event), idle_timer_(on_timeout) {
  idle_waiter_.owner = this;
  idle_timer_.owner = this;
}

// A server has nothing to say on an idle connection: an end, an error and stray bytes all close it. Only TLS may have
// handled a message of its own (a session ticket) and then has nothing to read.
void Connection::on_event(loop::Waiter& waiter) {
  Connection& self = *static_cast<IdleWaiter&>(waiter).owner;
  char byte;
  const net::IoResult result = self.stream.try_read({&byte, 1});
  if (result.kind != net::IoResult::Kind::kAgain) self.pool_->drop(self);
}

void Connection::on_timeout(loop::Timer& timer) {
  Connection& self = *static_cast<IdleTimer&>(timer).owner;
  self.pool_->drop(self);
}

Pool::~Pool() {
  while (Connection* connection = idle_.pop_front()) delete connection;
}

void Pool::configure(std::uint32_t max_idle, Nanos idle_timeout) {
  max_idle_ = max_idle;
  idle_timeout_ = idle_timeout;
  while (idle_count_ > max_idle_) drop(*idle_.front());
}

std::unique_ptr<Connection> Pool::take() {
  while (Connection* connection = idle_.back()) {
    loop::Descriptor& descriptor = connection->stream.descriptor();
    // Something has happened to it in this very turn, and on_event() has not run yet.
    if (descriptor.readable || descriptor.hangup) {
      drop(*connection);
      continue;
    }
    connection->unlink();
    --idle_count_;
    connection->pool_ = nullptr;
    connection->idle_timer_.unlink();
    connection->idle_waiter_.unlink();
    descriptor.reader = nullptr;
    return std::unique_ptr<Connection>(connection);
  }
  return nullptr;
}

void Pool::give(std::unique_ptr<Connection> connection) {
  loop::Loop& loop = connection->stream.loop();
  loop::Descriptor& descriptor = connection->stream.descriptor();
  if (idle_count_ >= max_idle_ || descriptor.hangup || !loop.watch(descriptor)) return;
  if (connection->stream.maybe_readable()) {
    char byte;
    if (connection->stream.try_read({&byte, 1}).kind != net::IoResult::Kind::kAgain) return;
  }
  connection->pool_ = this;
  connection->reused = true;
  descriptor.reader = &connection->idle_waiter_;
  if (idle_timeout_ > 0) loop.timers().arm(connection->idle_timer_, loop.now() + idle_timeout_);
  idle_.push_back(*connection.release());
  ++idle_count_;
}

void Pool::drop(Connection& connection) {
  connection.unlink();
  --idle_count_;
  delete &connection;
}

void Pool::last_reference() { registry_.pools_.erase(identity_); }

LocalRef<Pool> PoolRegistry::find_or_create(std::uint64_t identity) {
  std::unique_ptr<Pool>& slot = pools_[identity];
  if (slot == nullptr) slot = std::make_unique<Pool>(*this, identity);
  return LocalRef<Pool>(slot.get());
}

}  // namespace fairlead::upstream
