// What one run of the generator is asked to do, and what it counted.
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "histogram.h"

enum { kMaxPids = 64 };

enum Pace {
  kClosedLoop,  // Every connection sends its next request as soon as it has its response.
  kFixedRate,   // Requests start on a schedule; their latency counts from the moment they were due.
  kHold,        // Every connection makes one request and then stays idle.
};

struct Plan {
  enum Pace pace;
  uint16_t port;
  uint32_t connections;
  uint64_t warmup_ns;
  uint64_t measure_ns;
  uint64_t interval_ns;     // Between two requests at a fixed rate.
  uint64_t response_bytes;  // Length every response body must have.
  uint64_t upload_bytes;    // Body of every request; 0 sends GET.
  uint32_t hosts;           // With routes: requests go to random host and path numbers below these.
  uint32_t paths;
  bool tls;
  bool resumes;
  bool reconnects;   // A new connection for each request.
  bool unannounced;  // ... without saying "Connection: close", for a floor that closes but reads no heads.
  bool websocket;
  pid_t watched[kMaxPids];  // Processes of the proxy.
  int watched_count;
  pid_t origin;
};

struct Tally {
  uint64_t requests;
  uint64_t body_bytes;
  uint64_t opened;       // Connections opened.
  uint64_t resumed;      // TLS handshakes that resumed a session.
  uint64_t announced;    // Connections the proxy closed after saying so.
  uint64_t closed_idle;  // Connections the proxy closed without saying so, with no request on them.
  uint64_t refused;      // Connection attempts, handshakes and upgrades that failed.
  uint64_t reset;        // Requests that were sent and got no complete response.
  uint64_t status;       // Responses with another status than 200 (or 101).
  uint64_t framing;      // Responses with a wrong length, or bytes nobody asked for.
  int last_status;
  struct Histogram latency;
};

// Reads the command line; dies with a usage line on anything unknown.
void read_plan(int count, char** words, struct Plan* plan);
