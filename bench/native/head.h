// Reads the few fields of an HTTP/1.1 head that framing needs; the same reader serves requests and responses.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct Head {
  size_t length;           // Bytes including the empty line; 0 while it is incomplete.
  int status;              // Of a response; meaningless for a request.
  int64_t content_length;  // -1 when absent.
  bool closes;             // "Connection: close", or HTTP/1.0.
  bool chunked;
  bool upgrades;              // An Upgrade field is present.
  const char* websocket_key;  // Borrowed from the bytes; NULL when absent.
  size_t websocket_key_length;
};

// Reads the head at `bytes`. `head->length` stays 0 until the empty line has arrived.
void read_head(const char* bytes, size_t length, struct Head* head);
