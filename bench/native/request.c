#include "request.h"

#include <stdio.h>
#include <string.h>

#include "system.h"

// Route numbers are patched into this text at fixed places; bench/routes.ts writes the same names.
static const char kRoute[] = "GET /p00/item HTTP/1.1\r\nHost: h00000.example.test\r\n";
enum { kPathDigits = 6, kHostDigits = 31 };

static char text[kRequestBytes];
static uint32_t text_length;
static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t random_below(uint32_t bound) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(((seed >> 32) * bound) >> 32);
}

// Writes `value` so that its last digit is at `last`.
static void patch(char* last, uint32_t value, int digits) {
  for (; digits > 0; digits--, value /= 10) *last-- = (char)('0' + value % 10);
}

void requests_prepare(const struct Plan* plan) {
  if (plan->websocket) {
    // A final binary frame, masked with zeros: a client must mask, and zeros leave the payload readable.
    memset(text, 'm', kMessageFrame);
    memcpy(text, "\x82\xc0\0\0\0\0", 6);
    text_length = kMessageFrame;
    return;
  }
  const int length = snprintf(text, sizeof text, "%sUser-Agent: bench\r\nAccept: */*\r\n%s",
                              plan->hosts > 0 ? kRoute : "GET /item HTTP/1.1\r\nHost: example.test\r\n",
                              plan->reconnects && !plan->unannounced ? "Connection: close\r\n" : "");
  text_length = (uint32_t)length;
  if (plan->upload_bytes > 0) {
    text_length = (uint32_t)snprintf(text, sizeof text,
                                     "POST /item HTTP/1.1\r\nHost: example.test\r\nUser-Agent: bench\r\n"
                                     "Content-Type: application/octet-stream\r\nContent-Length: %llu\r\n",
                                     (unsigned long long)plan->upload_bytes);
  }
  memcpy(text + text_length, "\r\n", 2);
  text_length += 2;
}

void request_write(const struct Plan* plan, struct Connection* connection) {
  memcpy(connection->request, text, text_length);
  connection->request_length = text_length;
  if (plan->hosts == 0) return;
  patch(connection->request + kPathDigits + 1, random_below(plan->paths), 2);
  patch(connection->request + kHostDigits + 4, random_below(plan->hosts), 5);
}

void request_upgrade(struct Connection* connection) {
  connection->request_length =
      (uint32_t)snprintf(connection->request, sizeof connection->request,
                         "GET /socket HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\n"
                         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}
