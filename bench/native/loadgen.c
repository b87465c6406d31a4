// The load generator: opens connections, keeps them busy for a fixed time and prints one JSON line of counts.
//
// It reads the CPU time of the proxy itself, at the same instants at which it starts and stops counting requests.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"
#include "cputime.h"
#include "request.h"
#include "system.h"

// A failed connection waits this long, so that a dead proxy is counted and not hammered.
static const uint64_t kRetryNs = 1000000;
// A request that old at the end of the run is stuck, not merely in flight.
static const uint64_t kStuckNs = 1000000000;

enum { kEvents = 512, kOpeningAtOnce = 64 };

struct Ring {
  struct Connection** slots;
  uint32_t first;
  uint32_t count;
};

struct Clocks {
  uint64_t at;
  struct CpuTime proxy;
  struct CpuTime origin;
  struct CpuTime self;
};

static struct Load load;
static struct Ring idles;   // Connections a fixed rate may use next, oldest first.
static struct Ring closed;  // Connections to open again after kRetryNs, oldest first.
static uint64_t next_due;
static uint32_t held;
static uint32_t launched;
static bool announced;

static void push(struct Ring* ring, struct Connection* connection) {
  ring->slots[(ring->first + ring->count++) % load.plan.connections] = connection;
}

static struct Connection* pop(struct Ring* ring) {
  struct Connection* const connection = ring->slots[ring->first];
  ring->first = (ring->first + 1) % load.plan.connections;
  ring->count--;
  return connection;
}

// Opens the next connections of a run that holds them, a few at a time so that no backlog overflows.
static void launch_more(void) {
  while (launched < load.plan.connections && launched < held + kOpeningAtOnce) {
    client_open(&load, &load.connections[launched++]);
  }
}

static void on_idle(struct Load* run, struct Connection* connection) {
  switch (run->plan.pace) {
    case kClosedLoop:
      client_request(run, connection, run->plan.reconnects ? connection->due_ns : now_ns());
      return;
    case kFixedRate:
      if (connection->queued) return;
      connection->queued = true;
      push(&idles, connection);
      return;
    case kHold:
      // Idle for the first time: one request makes it a connection that has been used, as idle ones are.
      if (connection->due_ns != UINT64_MAX) {
        client_request(run, connection, UINT64_MAX);
      } else {
        held++;
      }
      return;
  }
}

static void on_closed(struct Load* run, struct Connection* connection, bool failed) {
  if (run->plan.pace == kHold) {
    if (failed) held++;  // Not held, but no longer opening.
    return;
  }
  connection->due_ns = now_ns() + (failed ? kRetryNs : 0);
  push(&closed, connection);
}

static void reopen(uint64_t now) {
  while (closed.count > 0 && closed.slots[closed.first]->due_ns <= now) client_open(&load, pop(&closed));
}

static void send_due(uint64_t now) {
  while (next_due <= now && idles.count > 0) {
    struct Connection* const connection = pop(&idles);
    connection->queued = false;
    if (connection->phase != kIdle) continue;
    client_request(&load, connection, next_due);
    next_due += load.plan.interval_ns;
  }
}

static struct Clocks read_clocks(void) {
  const pid_t self = getpid();
  return (struct Clocks){now_ns(), cpu_time(load.plan.watched, load.plan.watched_count),
                         cpu_time(&load.plan.origin, load.plan.origin > 0), cpu_time(&self, 1)};
}

static uint64_t earliest(uint64_t end) {
  uint64_t wake = end;
  if (closed.count > 0 && closed.slots[closed.first]->due_ns < wake) wake = closed.slots[closed.first]->due_ns;
  if (load.plan.pace == kFixedRate && idles.count > 0 && next_due < wake) wake = next_due;
  return wake;
}

static void wait_and_serve(uint64_t until) {
  static struct epoll_event events[kEvents];
  const uint64_t now = now_ns();
  const uint64_t left = until > now ? until - now : 0;
  const struct timespec timeout = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
  const int ready = epoll_pwait2(load.epoll, events, kEvents, &timeout, NULL);
  for (int i = 0; i < ready; i++) client_ready(&load, events[i].data.ptr, events[i].events);
}

// Runs until `end`, whatever the pace.
static void run_until(uint64_t end) {
  for (uint64_t now = now_ns(); now < end; now = now_ns()) {
    wait_and_serve(earliest(end));
    now = now_ns();
    reopen(now);
    if (load.plan.pace == kFixedRate) send_due(now);
  }
}

// Holds until stdin ends; says "held" once when every connection is idle.
static void hold(void) {
  struct epoll_event stop = {.events = EPOLLIN | EPOLLHUP, .data.ptr = NULL};
  if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &stop) != 0) die("stdin must be a pipe");
  for (;;) {
    struct epoll_event events[kEvents];
    launch_more();
    if (held >= load.plan.connections && !announced) {
      announced = true;
      puts("held");
      fflush(stdout);
    }
    const int ready = epoll_wait(load.epoll, events, kEvents, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr == NULL) return;
      client_ready(&load, events[i].data.ptr, events[i].events);
    }
  }
}

static uint64_t stuck(uint64_t now) {
  uint64_t count = 0;
  if (load.plan.pace == kHold) return 0;
  for (uint32_t i = 0; i < load.plan.connections; i++) {
    const struct Connection* const connection = &load.connections[i];
    const bool busy = connection->phase != kIdle && connection->phase != kClosed;
    if (busy && connection->due_ns + kStuckNs < now) count++;
  }
  return count;
}

static void print_cpu(const char* name, struct CpuTime before, struct CpuTime after) {
  printf(",\"%s\":{\"ns\":%llu,\"userTicks\":%llu,\"systemTicks\":%llu}", name,
         (unsigned long long)(after.nanoseconds - before.nanoseconds),
         (unsigned long long)(after.user_ticks - before.user_ticks),
         (unsigned long long)(after.system_ticks - before.system_ticks));
}

static void print_count(const char* name, uint64_t value) { printf(",\"%s\":%llu", name, (unsigned long long)value); }

static void report(struct Clocks before, struct Clocks after) {
  const struct Tally* const tally = &load.tally;
  printf("{\"seconds\":%.6f", (double)(after.at - before.at) / 1e9);
  print_count("requests", tally->requests);
  print_count("bodyBytes", tally->body_bytes);
  print_count("opened", tally->opened);
  print_count("resumed", tally->resumed);
  print_count("announced", tally->announced);
  print_count("closedIdle", tally->closed_idle);
  print_count("refused", tally->refused);
  print_count("reset", tally->reset);
  print_count("status", tally->status);
  print_count("framing", tally->framing);
  print_count("stuck", stuck(after.at));
  print_count("lastStatus", (uint64_t)tally->last_status);
  printf(",\"microseconds\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}",
         (double)histogram_at(&tally->latency, 0.5) / 1e3, (double)histogram_at(&tally->latency, 0.9) / 1e3,
         (double)histogram_at(&tally->latency, 0.99) / 1e3, (double)histogram_at(&tally->latency, 0.999) / 1e3,
         (double)tally->latency.largest / 1e3);
  print_cpu("proxyCpu", before.proxy, after.proxy);
  print_cpu("originCpu", before.origin, after.origin);
  print_cpu("generatorCpu", before.self, after.self);
  puts("}");
}

static void prepare(void) {
  load.epoll = epoll_create1(EPOLL_CLOEXEC);
  load.on_idle = on_idle;
  load.on_closed = on_closed;
  if (load.plan.tls) load.tls = tls_client();
  if (load.plan.resumes) transport_remember_sessions(load.tls);
  load.connections = calloc(load.plan.connections, sizeof *load.connections);
  idles.slots = calloc(load.plan.connections, sizeof(struct Connection*));
  closed.slots = calloc(load.plan.connections, sizeof(struct Connection*));
  if (load.connections == NULL || idles.slots == NULL || closed.slots == NULL) die("calloc");
  for (uint32_t i = 0; i < load.plan.connections; i++) load.connections[i].transport.fd = -1;
  requests_prepare(&load.plan);
}

int main(int count, char** words) {
  prepare_process();
  read_plan(count, words, &load.plan);
  prepare();
  const struct Clocks start = read_clocks();
  if (load.plan.pace == kHold) {
    hold();
    report(start, read_clocks());
    return 0;
  }
  next_due = start.at;
  for (uint32_t i = 0; i < load.plan.connections; i++) client_open(&load, &load.connections[i]);
  run_until(start.at + load.plan.warmup_ns);
  memset(&load.tally, 0, sizeof load.tally);
  const struct Clocks before = read_clocks();
  run_until(before.at + load.plan.measure_ns);
  report(before, read_clocks());
  return 0;
}
