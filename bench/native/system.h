// What the three small programs of the benchmark share: clock, loopback sockets, giving up.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes moved by one read of a large body. One buffer of this size is shared by all connections.
enum { kBulkBytes = 256 * 1024 };

// Prints `what` and errno to stderr and exits 1. A benchmark that cannot measure must not print a figure.
_Noreturn void die(const char* what);

// Monotonic nanoseconds.
uint64_t now_ns(void);

// Listens on 127.0.0.1:`port` (0 = any free one), non-blocking; stores the port that was bound.
int listen_on(uint16_t port, uint16_t* bound);

// Starts a non-blocking connection to 127.0.0.1:`port` with TCP_NODELAY; -1 with errno when that is impossible. It comes from
// 127.0.0.1 + `source`: one address has 28,000 ports, and finding a free one takes long when half of them are in use.
int connect_to(uint16_t port, uint32_t source);

// Accepts one connection, non-blocking with TCP_NODELAY; -1 when none is waiting.
int accept_from(int listener);

// Adds `fd` to `epoll` once, edge-triggered for both directions, so that no request needs another epoll_ctl.
void watch(int epoll, int fd, void* owner);

// Dies with the harness, ignores SIGPIPE and takes every file descriptor the limits allow.
void prepare_process(void);

// Parses a decimal option value; dies when it is not a number.
uint64_t number(const char* text);
