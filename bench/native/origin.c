// The server behind every proxy: answers each request with one prepared response, takes bodies, echoes WebSockets.
//
//   origin BODY_BYTES [PORT]
//
// Prints "PORT RESPONSE_BYTES" once it listens. One thread, one buffer, two system calls per request.
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "head.h"
#include "system.h"

enum { kPartialBytes = 16 * 1024, kEvents = 256 };

enum Phase { kHead, kBody, kChunkedBody, kWriting, kEcho };

struct Peer {
  int fd;
  enum Phase phase;
  bool closes;
  uint64_t body_left;
  char tail[5];  // The last bytes of a chunked body, to see its end.
  size_t written;
  size_t partial;  // Bytes of an incomplete head or frame kept in `bytes`.
  char* bytes;     // Allocated when something first arrives in pieces.
};

static char* response;
static size_t response_length;
static char bulk[kBulkBytes];

// A body that a client can check without knowing more than its length.
static void prepare_response(size_t body) {
  char head[256];
  const int head_length = snprintf(head, sizeof head,
                                   "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                                   "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
                                   body);
  response_length = (size_t)head_length + body;
  response = malloc(response_length);
  if (response == NULL) die("malloc");
  memcpy(response, head, (size_t)head_length);
  for (size_t i = 0; i < body; i++) response[(size_t)head_length + i] = (char)('a' + i % 26);
}

static void drop(struct Peer* peer) {
  close(peer->fd);
  free(peer->bytes);
  free(peer);
}

// Sends what is left of the response. False when the connection is gone.
static bool respond(struct Peer* peer) {
  while (peer->written < response_length) {
    const ssize_t sent = send(peer->fd, response + peer->written, response_length - peer->written, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    peer->written += (size_t)sent;
  }
  peer->phase = kHead;
  peer->written = 0;
  return !peer->closes;
}

// RFC 6455 section 4.2.2: SHA-1 of the key and a fixed text, in base64.
static bool accept_websocket(struct Peer* peer, const struct Head* head) {
  char text[128];
  unsigned char digest[SHA_DIGEST_LENGTH];
  unsigned char encoded[32];
  const int length = snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
                              (int)head->websocket_key_length, head->websocket_key);
  SHA1((const unsigned char*)text, (size_t)length, digest);
  EVP_EncodeBlock(encoded, digest, sizeof digest);
  char answer[256];
  const int bytes = snprintf(answer, sizeof answer,
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: %s\r\n\r\n",
                             (const char*)encoded);
  peer->phase = kEcho;
  return send(peer->fd, answer, (size_t)bytes, MSG_NOSIGNAL) == bytes;
}

// Answers one masked frame of less than 126 bytes; returns its size, 0 when it is incomplete, -1 when it ends the talk.
static ssize_t echo_frame(struct Peer* peer, unsigned char* bytes, size_t length) {
  if (length < 2) return 0;
  const size_t payload = bytes[1] & 0x7f;
  if ((bytes[1] & 0x80) == 0 || payload > 125 || (bytes[0] & 0x0f) == 8) return -1;
  if (length < payload + 6) return 0;
  unsigned char answer[128];
  answer[0] = (bytes[0] & 0x0f) == 9 ? 0x8a : bytes[0];
  answer[1] = (unsigned char)payload;
  for (size_t i = 0; i < payload; i++) answer[2 + i] = bytes[6 + i] ^ bytes[2 + i % 4];
  if (send(peer->fd, answer, payload + 2, MSG_NOSIGNAL) != (ssize_t)(payload + 2)) return -1;
  return (ssize_t)(payload + 6);
}

static bool keep_partial(struct Peer* peer, const char* bytes, size_t length) {
  if (length > kPartialBytes) return false;
  if (peer->bytes == NULL && (peer->bytes = malloc(kPartialBytes)) == NULL) return false;
  memmove(peer->bytes, bytes, length);
  peer->partial = length;
  return true;
}

static bool ends_chunked(struct Peer* peer, const char* bytes, size_t length) {
  const size_t kept = length >= sizeof peer->tail ? 0 : sizeof peer->tail - length;
  memmove(peer->tail, peer->tail + sizeof peer->tail - kept, kept);
  memcpy(peer->tail + kept, bytes + length - (sizeof peer->tail - kept), sizeof peer->tail - kept);
  return memcmp(peer->tail, "0\r\n\r\n", sizeof peer->tail) == 0;
}

// Takes what a head brought along; the body decides when the answer goes out.
static bool begin(struct Peer* peer, const struct Head* head, const char* rest, size_t length) {
  if (head->upgrades && head->websocket_key != NULL) return accept_websocket(peer, head);
  peer->closes = head->closes;
  if (head->chunked) {
    peer->phase = kChunkedBody;
    if (length == 0 || !ends_chunked(peer, rest, length)) return true;
  } else if (head->content_length > (int64_t)length) {
    peer->phase = kBody;
    peer->body_left = (uint64_t)head->content_length - length;
    return true;
  }
  peer->phase = kWriting;
  return respond(peer);
}

// Takes `length` bytes in the present phase. False ends the connection.
static bool take(struct Peer* peer, char* bytes, size_t length) {
  if (peer->phase == kEcho) {
    while (length > 0) {
      const ssize_t used = echo_frame(peer, (unsigned char*)bytes, length);
      if (used < 0) return false;
      if (used == 0) return keep_partial(peer, bytes, length);
      bytes += used;
      length -= (size_t)used;
    }
    return true;
  }
  if (peer->phase == kHead) {
    struct Head head;
    read_head(bytes, length, &head);
    if (head.length == 0) return keep_partial(peer, bytes, length);
    return begin(peer, &head, bytes + head.length, length - head.length);
  }
  if (peer->phase == kBody) {
    peer->body_left -= length < peer->body_left ? length : peer->body_left;
    if (peer->body_left > 0) return true;
  } else if (peer->phase == kChunkedBody && !ends_chunked(peer, bytes, length)) {
    return true;
  }
  peer->phase = kWriting;
  return respond(peer);
}

static bool readable(struct Peer* peer, bool hung_up) {
  for (;;) {
    const size_t before = peer->partial;
    // A counted body need not be copied out of the kernel: MSG_TRUNC drops it there.
    const int flags = peer->phase == kBody ? MSG_TRUNC : 0;
    const size_t room = flags != 0 && peer->body_left < kBulkBytes ? (size_t)peer->body_left : kBulkBytes - before;
    if (before > 0) memcpy(bulk, peer->bytes, before);
    const ssize_t got = recv(peer->fd, bulk + before, room, flags);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN;
    peer->partial = 0;
    if (!take(peer, bulk, before + (size_t)got)) return false;
    if ((size_t)got < room && !hung_up) return true;
  }
}

static bool serve(struct Peer* peer, uint32_t events) {
  if (peer->phase == kWriting && !respond(peer)) return false;
  if (peer->phase == kWriting) return (events & (EPOLLERR | EPOLLHUP)) == 0;
  return (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0 ||
         readable(peer, (events & (EPOLLRDHUP | EPOLLHUP)) != 0);
}

static void accept_all(int epoll, int listener) {
  for (int fd = accept_from(listener); fd >= 0; fd = accept_from(listener)) {
    struct Peer* const peer = calloc(1, sizeof *peer);
    if (peer == NULL) die("calloc");
    peer->fd = fd;
    watch(epoll, fd, peer);
  }
}

int main(int count, char** words) {
  if (count < 2) die("usage: origin BODY_BYTES [PORT]");
  prepare_process();
  prepare_response(number(words[1]));
  uint16_t port = 0;
  const int listener = listen_on(count > 2 ? (uint16_t)number(words[2]) : 0, &port);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener, NULL);
  printf("%u %zu\n", (unsigned)port, response_length);
  fflush(stdout);

  struct epoll_event events[kEvents];
  for (;;) {
    const int ready = epoll_wait(epoll, events, kEvents, -1);
    for (int i = 0; i < ready; i++) {
      struct Peer* const peer = events[i].data.ptr;
      if (peer == NULL) {
        accept_all(epoll, listener);
      } else if (!serve(peer, events[i].events)) {
        drop(peer);
      }
    }
  }
}
