// Bytes in and out of one client connection, plain or TLS 1.3.
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { kEnd = 0, kAgain = -1, kFailed = -2 };

struct Transport {
  int fd;
  SSL* ssl;              // NULL for plain TCP.
  SSL_SESSION* session;  // The latest ticket of this slot; outlives a connection.
};

// One client context for all connections: TLS 1.3, X25519, AES-128-GCM, so that every proxy does the same work.
SSL_CTX* tls_client(void);

// Prepares TLS on a fresh socket, offering the slot's session when there is one.
void transport_secure(struct Transport* transport, SSL_CTX* context);

// 1 when the handshake is done, kAgain or kFailed.
int transport_handshake(struct Transport* transport);

// Bytes read, kEnd, kAgain or kFailed. `discards` drops the bytes in the kernel where that is possible.
ssize_t transport_read(struct Transport* transport, char* bytes, size_t room, bool discards);

// Bytes written, kAgain or kFailed.
ssize_t transport_write(struct Transport* transport, const char* bytes, size_t length);

// From now on each slot keeps its newest ticket, so that its next connection resumes.
void transport_remember_sessions(SSL_CTX* context);

void transport_close(struct Transport* transport);
