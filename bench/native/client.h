// One client connection as a state machine over edge-triggered readiness.
#pragma once

#include "load.h"
#include "transport.h"

enum Phase { kClosed, kHandshake, kUpgrade, kIdle, kSending, kReceiving, kEnding };

enum { kRequestBytes = 256, kPartialBytes = 4096 };

struct Connection {
  struct Transport transport;
  enum Phase phase;
  bool head_done;
  bool closes;      // The response said that the connection ends here.
  bool queued;      // Waits in the ring of idle connections.
  uint64_t due_ns;  // When its request should have started.
  uint64_t body_left;
  uint64_t upload_left;
  uint32_t request_length;
  uint32_t request_sent;
  uint32_t partial_length;
  char request[kRequestBytes];
  char* partial;  // An incomplete head; allocated when one arrives in pieces.
};

// Everything the connections of a run share.
struct Load {
  struct Plan plan;
  struct Tally tally;
  int epoll;
  SSL_CTX* tls;
  struct Connection* connections;
  // Called when a connection has nothing to do, and when one has ended or failed.
  void (*on_idle)(struct Load* load, struct Connection* connection);
  void (*on_closed)(struct Load* load, struct Connection* connection, bool failed);
};

// Opens the connection and goes as far as it can without waiting.
void client_open(struct Load* load, struct Connection* connection);

// Starts a request that was due at `due_ns` on an idle connection.
void client_request(struct Load* load, struct Connection* connection, uint64_t due_ns);

// Continues after epoll reported `events`.
void client_ready(struct Load* load, struct Connection* connection, uint32_t events);
