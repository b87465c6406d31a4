#define _GNU_SOURCE
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "head.h"
#include "request.h"
#include "system.h"

enum { kConnectionsPerAddress = 4096 };

static char bulk[kBulkBytes];         // What is read; nothing stays in it between two calls.
static const char zeros[kBulkBytes];  // What uploads are made of.

static void end(struct Load* load, struct Connection* connection, bool failed) {
  transport_close(&connection->transport);
  connection->phase = kClosed;
  connection->partial_length = 0;
  load->on_closed(load, connection, failed);
}

static void fail(struct Load* load, struct Connection* connection, uint64_t* counter) {
  (*counter)++;
  end(load, connection, true);
}

static void idle(struct Load* load, struct Connection* connection) {
  connection->phase = kIdle;
  load->on_idle(load, connection);
}

// Sends the request and its body; false when the kernel has no more room or the connection failed.
static void continue_sending(struct Load* load, struct Connection* connection) {
  struct Transport* const transport = &connection->transport;
  while (connection->request_sent < connection->request_length || connection->upload_left > 0) {
    const bool head = connection->request_sent < connection->request_length;
    const char* const bytes = head ? connection->request + connection->request_sent : zeros;
    const size_t upload = connection->upload_left < kBulkBytes ? (size_t)connection->upload_left : kBulkBytes;
    const size_t length = head ? connection->request_length - connection->request_sent : upload;
    const ssize_t sent = transport_write(transport, bytes, length);
    if (sent == kAgain) return;
    if (sent < 0) {
      fail(load, connection, connection->request_sent > 0 ? &load->tally.reset : &load->tally.refused);
      return;
    }
    if (head) {
      connection->request_sent += (uint32_t)sent;
    } else {
      connection->upload_left -= (uint64_t)sent;
    }
  }
  if (connection->phase == kSending) connection->phase = kReceiving;
}

static void start(struct Load* load, struct Connection* connection, enum Phase phase) {
  connection->request_sent = 0;
  connection->phase = phase;
  continue_sending(load, connection);
}

void client_request(struct Load* load, struct Connection* connection, uint64_t due_ns) {
  request_write(&load->plan, connection);
  connection->due_ns = due_ns;
  connection->upload_left = load->plan.upload_bytes;
  connection->closes = false;
  connection->head_done = load->plan.websocket;
  connection->body_left = kEchoFrame;
  start(load, connection, kSending);
}

static void upgrade(struct Load* load, struct Connection* connection) {
  request_upgrade(connection);
  connection->upload_left = 0;
  connection->head_done = false;
  start(load, connection, kUpgrade);
}

static void established(struct Load* load, struct Connection* connection) {
  load->tally.opened++;
  if (connection->transport.ssl != NULL && SSL_session_reused(connection->transport.ssl)) load->tally.resumed++;
  if (load->plan.websocket) {
    upgrade(load, connection);
  } else {
    idle(load, connection);
  }
}

static void continue_handshake(struct Load* load, struct Connection* connection) {
  const int result = transport_handshake(&connection->transport);
  if (result == kFailed) fail(load, connection, &load->tally.refused);
  if (result == 1) established(load, connection);
}

void client_open(struct Load* load, struct Connection* connection) {
  const uint32_t index = (uint32_t)(connection - load->connections);
  connection->transport.fd = connect_to(load->plan.port, index / kConnectionsPerAddress);
  if (connection->transport.fd < 0) {
    fail(load, connection, &load->tally.refused);
    return;
  }
  watch(load->epoll, connection->transport.fd, connection);
  connection->due_ns = now_ns();
  // On loopback the peer has usually answered before connect() returned, so a first write is tried at once.
  if (load->tls == NULL) {
    established(load, connection);
    return;
  }
  transport_secure(&connection->transport, load->tls);
  connection->phase = kHandshake;
  continue_handshake(load, connection);
}

static void complete(struct Load* load, struct Connection* connection) {
  struct Tally* const tally = &load->tally;
  if (load->plan.pace != kHold) histogram_add(&tally->latency, now_ns() - connection->due_ns);
  tally->requests++;
  tally->body_bytes += load->plan.upload_bytes > 0 ? load->plan.upload_bytes : load->plan.response_bytes;
  if (!connection->closes && !load->plan.reconnects) {
    idle(load, connection);
    return;
  }
  connection->phase = kEnding;
  if (!load->plan.reconnects) tally->announced++;
}

// Takes the bytes of a response head, whole or in pieces. False when the connection has failed.
static bool take_head(struct Load* load, struct Connection* connection, size_t length) {
  if (connection->partial_length + length > kPartialBytes && connection->partial_length > 0) return false;
  const char* bytes = bulk;
  if (connection->partial_length > 0) {
    memcpy(connection->partial + connection->partial_length, bulk, length);
    bytes = connection->partial;
    length += connection->partial_length;
  }
  struct Head head;
  read_head(bytes, length, &head);
  if (head.length == 0) {
    if (length > kPartialBytes) return false;
    if (connection->partial == NULL && (connection->partial = malloc(kPartialBytes)) == NULL) die("malloc");
    if (bytes == bulk) memcpy(connection->partial, bulk, length);
    connection->partial_length = (uint32_t)length;
    return true;
  }
  connection->partial_length = 0;
  connection->head_done = true;
  connection->closes = head.closes;
  const int expected = connection->phase == kUpgrade ? 101 : 200;
  if (head.status != expected) {
    load->tally.status++;
    load->tally.last_status = head.status;
    return false;
  }
  const uint64_t body = connection->phase == kUpgrade ? 0 : load->plan.response_bytes;
  const uint64_t rest = length - head.length;
  if (rest > body || (connection->phase != kUpgrade && head.content_length != (int64_t)body)) {
    load->tally.framing++;
    return false;
  }
  connection->body_left = body - rest;
  return true;
}

static bool take(struct Load* load, struct Connection* connection, size_t length) {
  if (!connection->head_done) return take_head(load, connection, length);
  if (length > connection->body_left) {
    load->tally.framing++;
    return false;
  }
  connection->body_left -= length;
  return true;
}

static void receive(struct Load* load, struct Connection* connection, bool hung_up) {
  for (;;) {
    const bool discards = connection->head_done && !load->plan.websocket;
    const ssize_t got = transport_read(&connection->transport, bulk, kBulkBytes, discards);
    if (got == kAgain) return;
    if (got <= 0) {
      fail(load, connection, connection->phase == kUpgrade ? &load->tally.refused : &load->tally.reset);
      return;
    }
    if (!take(load, connection, (size_t)got)) {
      end(load, connection, true);
      return;
    }
    if (connection->head_done && connection->body_left == 0) break;
    if (load->tls == NULL && got < kBulkBytes && !hung_up) return;
  }
  if (connection->phase == kUpgrade) {
    idle(load, connection);
  } else {
    complete(load, connection);
  }
}

// Nothing is expected any more but the end, or TLS tickets, which the transport swallows.
static void expect_end(struct Load* load, struct Connection* connection) {
  const bool was_idle = connection->phase == kIdle;
  const ssize_t got = transport_read(&connection->transport, bulk, kBulkBytes, false);
  if (got == kAgain) return;
  if (got > 0) {
    fail(load, connection, &load->tally.framing);
    return;
  }
  if (was_idle) load->tally.closed_idle++;
  end(load, connection, false);
}

void client_ready(struct Load* load, struct Connection* connection, uint32_t events) {
  const bool hung_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  switch (connection->phase) {
    case kClosed:
      return;
    case kHandshake:
      continue_handshake(load, connection);
      return;
    case kSending:
      continue_sending(load, connection);
      if (connection->phase != kReceiving) {
        if (connection->phase == kSending && hung_up) fail(load, connection, &load->tally.reset);
        return;
      }
      break;
    case kUpgrade:
      if (connection->request_sent < connection->request_length) continue_sending(load, connection);
      break;
    case kIdle:
      if ((events & EPOLLIN) != 0 || hung_up) expect_end(load, connection);
      return;
    case kReceiving:
    case kEnding:
      break;
  }
  if (connection->phase == kReceiving || connection->phase == kUpgrade) {
    if ((events & EPOLLIN) != 0 || hung_up) receive(load, connection, hung_up);
  }
  // The end may have arrived together with the last bytes, and no further edge would announce it.
  if (connection->phase == kEnding) expect_end(load, connection);
}
