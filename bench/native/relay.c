// The floor: a relay that reads and writes and understands nothing. What it costs is what kernel TCP costs.
//
//   relay PORT ORIGIN_PORT [RESPONSE_BYTES [close]]
//
// Without RESPONSE_BYTES each client gets its own connection to the origin. With it, responses are known to have that
// length, so connections to the origin are pooled and lent for one response at a time, as a proxy would; `close` then
// ends the client's connection after its response.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system.h"

enum { kEvents = 256, kPoolLimit = 1024 };

struct Side {
  int fd;
  bool is_client;
  bool dead;           // Closed in this turn; freed when the turn ends, because events may still name it.
  struct Side* other;  // NULL for a pooled connection or a client between two requests.
  struct Side* next_dead;
  uint64_t response_left;  // Of an origin connection in the pooled mode.
  char* unsent;            // Bytes this side could not take yet; while there are some, the other side is not read.
  size_t unsent_length;
  size_t unsent_sent;
};

static int epoll;
static uint16_t origin_port;
static uint64_t response_bytes;  // 0 = one origin connection per client.
static bool closes_clients;
static struct Side* pool[kPoolLimit];
static size_t pooled;
static struct Side* dead;
static char bulk[kBulkBytes];

static struct Side* side_of(int fd, bool is_client) {
  struct Side* const side = calloc(1, sizeof *side);
  if (side == NULL) die("calloc");
  side->fd = fd;
  side->is_client = is_client;
  watch(epoll, fd, side);
  return side;
}

static void bury(struct Side* side) {
  if (side->dead) return;
  side->dead = true;
  close(side->fd);
  side->next_dead = dead;
  dead = side;
}

static void forget_pooled(const struct Side* side) {
  for (size_t i = 0; i < pooled; i++) {
    if (pool[i] == side) pool[i] = pool[--pooled];
  }
}

static void drop(struct Side* side) {
  if (side->other != NULL) bury(side->other);
  if (!side->is_client) forget_pooled(side);
  bury(side);
}

static void pair(struct Side* client, struct Side* origin) {
  client->other = origin;
  origin->other = client;
}

// An origin connection for `client`: the last one returned, or a new one.
static bool borrow(struct Side* client) {
  if (response_bytes > 0 && pooled > 0) {
    pair(client, pool[--pooled]);
  } else {
    const int fd = connect_to(origin_port, 0);
    if (fd < 0) return false;
    pair(client, side_of(fd, false));
  }
  client->other->response_left = response_bytes;
  return true;
}

static void give_back(struct Side* origin) {
  if (closes_clients) bury(origin->other);
  origin->other->other = NULL;
  origin->other = NULL;
  if (pooled < kPoolLimit) {
    pool[pooled++] = origin;
  } else {
    bury(origin);
  }
}

// Keeps what `to` did not take. Only the first wait allocates.
static void keep(struct Side* to, const char* bytes, size_t length) {
  if (to->unsent == NULL && (to->unsent = malloc(kBulkBytes)) == NULL) die("malloc");
  memcpy(to->unsent, bytes, length);
  to->unsent_length = length;
  to->unsent_sent = 0;
}

// False when the connection failed; true when everything is sent or kept.
static bool forward(struct Side* to, const char* bytes, size_t length) {
  size_t sent = 0;
  while (sent < length) {
    const ssize_t taken = send(to->fd, bytes + sent, length - sent, MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN) return false;
    if (taken < 0) {
      keep(to, bytes + sent, length - sent);
      return true;
    }
    sent += (size_t)taken;
  }
  return true;
}

static bool flush(struct Side* side) {
  while (side->unsent_sent < side->unsent_length) {
    const ssize_t taken =
        send(side->fd, side->unsent + side->unsent_sent, side->unsent_length - side->unsent_sent, MSG_NOSIGNAL);
    if (taken < 0) return errno == EAGAIN;
    side->unsent_sent += (size_t)taken;
  }
  side->unsent_length = 0;
  return true;
}

// Moves everything that waits at `from`. False ends the pair.
static bool pump(struct Side* from, bool hung_up) {
  for (;;) {
    if (from->other != NULL && from->other->unsent_length > 0) return true;
    const ssize_t got = recv(from->fd, bulk, kBulkBytes, 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN;
    if (from->other == NULL && (!from->is_client || !borrow(from))) return false;
    struct Side* const to = from->other;
    if (!forward(to, bulk, (size_t)got)) return false;
    if (!from->is_client && response_bytes > 0) {
      from->response_left -= (uint64_t)got < from->response_left ? (uint64_t)got : from->response_left;
      if (from->response_left == 0) give_back(from);
      return true;
    }
    if (got < kBulkBytes && !hung_up) return true;
  }
}

static bool serve(struct Side* side, uint32_t events) {
  if (side->unsent_length > 0) {
    if (!flush(side)) return false;
    // Room again: the other side was not read meanwhile, and its edge has passed.
    if (side->unsent_length == 0 && side->other != NULL && !pump(side->other, false)) return false;
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return true;
  return pump(side, (events & (EPOLLRDHUP | EPOLLHUP)) != 0);
}

static void accept_all(int listener) {
  for (int fd = accept_from(listener); fd >= 0; fd = accept_from(listener)) {
    struct Side* const client = side_of(fd, true);
    if (response_bytes == 0 && !borrow(client)) drop(client);
  }
}

static void free_dead(void) {
  while (dead != NULL) {
    struct Side* const side = dead;
    dead = side->next_dead;
    free(side->unsent);
    free(side);
  }
}

int main(int count, char** words) {
  if (count < 3) die("usage: relay PORT ORIGIN_PORT [RESPONSE_BYTES]");
  prepare_process();
  uint16_t port = 0;
  const int listener = listen_on((uint16_t)number(words[1]), &port);
  origin_port = (uint16_t)number(words[2]);
  response_bytes = count > 3 ? number(words[3]) : 0;
  closes_clients = count > 4;
  epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener, NULL);

  struct epoll_event events[kEvents];
  for (;;) {
    const int ready = epoll_wait(epoll, events, kEvents, -1);
    for (int i = 0; i < ready; i++) {
      struct Side* const side = events[i].data.ptr;
      if (side == NULL) {
        accept_all(listener);
      } else if (!side->dead && !serve(side, events[i].events)) {
        drop(side);
      }
    }
    free_dead();
  }
}
