#include "transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system.h"

// Tickets arrive after the handshake; the newest one of a slot is offered by its next connection.
static int keep_session(SSL* ssl, SSL_SESSION* session) {
  struct Transport* const transport = SSL_get_app_data(ssl);
  SSL_SESSION_free(transport->session);
  transport->session = session;
  return 1;
}

SSL_CTX* tls_client(void) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) die("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 64 * 1024);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_quiet_shutdown(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return context;
}

void transport_secure(struct Transport* transport, SSL_CTX* context) {
  transport->ssl = SSL_new(context);
  if (transport->ssl == NULL) die("SSL_new");
  SSL_set_app_data(transport->ssl, transport);
  SSL_set_fd(transport->ssl, transport->fd);
  SSL_set_tlsext_host_name(transport->ssl, "example.test");
  SSL_set_connect_state(transport->ssl);
  if (transport->session != NULL) SSL_set_session(transport->ssl, transport->session);
}

void transport_remember_sessions(SSL_CTX* context) { SSL_CTX_sess_set_new_cb(context, keep_session); }

static int verdict(SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return kAgain;
  if (error == SSL_ERROR_ZERO_RETURN) return kEnd;
  // OpenSSL 3 calls a FIN without close_notify an error; a client that has its whole response does not care.
  const bool truncated = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  ERR_clear_error();
  return truncated ? kEnd : kFailed;
}

int transport_handshake(struct Transport* transport) {
  const int result = SSL_do_handshake(transport->ssl);
  if (result == 1) return 1;
  return verdict(transport->ssl, result) == kAgain ? kAgain : kFailed;
}

ssize_t transport_read(struct Transport* transport, char* bytes, size_t room, bool discards) {
  if (transport->ssl != NULL) {
    const int got = SSL_read(transport->ssl, bytes, (int)room);
    return got > 0 ? got : verdict(transport->ssl, got);
  }
  const ssize_t got = recv(transport->fd, bytes, room, discards ? MSG_TRUNC : 0);
  if (got >= 0) return got;
  return errno == EAGAIN ? kAgain : kFailed;
}

ssize_t transport_write(struct Transport* transport, const char* bytes, size_t length) {
  if (transport->ssl != NULL) {
    const int sent = SSL_write(transport->ssl, bytes, (int)length);
    if (sent > 0) return sent;
    return verdict(transport->ssl, sent) == kAgain ? kAgain : kFailed;
  }
  const ssize_t sent = send(transport->fd, bytes, length, MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return errno == EAGAIN ? kAgain : kFailed;
}

void transport_close(struct Transport* transport) {
  if (transport->ssl != NULL) {
    // Without this OpenSSL takes the end for a failure and marks the session as not resumable.
    SSL_set_shutdown(transport->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(transport->ssl);
  }
  if (transport->fd >= 0) close(transport->fd);
  transport->ssl = NULL;
  transport->fd = -1;
}
