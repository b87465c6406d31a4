// What both ends of a TLS connection share: driving the library from memory.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "net/secure_layer.h"

namespace fairlead::tls {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;
using ContextPointer = std::unique_ptr<SSL_CTX, FreeSsl>;

/// Where the library finds bytes and leaves them, for the duration of one call.
struct MemoryPipe {
  net::CipherInput* input = nullptr;
  ByteBuffer* output = nullptr;
};

/// Gives `ssl` a BIO over `pipe`, which must outlive it. False when memory has run out.
bool attach(SSL* ssl, MemoryPipe& pipe);
/// Empties the library's error queue and returns its first entry as text, or an empty string.
std::string take_error();

/// Runs the steps of net::SecureLayer over one SSL object.
class Engine {
 public:
  using Step = net::SecureLayer::Step;

  /// Takes `ssl`, whose role has been set.
  explicit Engine(SslPointer ssl) : ssl_(std::move(ssl)) { attach(ssl_.get(), pipe_); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  SSL* ssl() const { return ssl_.get(); }
  Step handshake(net::CipherInput& input, ByteBuffer& output);
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count);
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain);
  void shutdown(ByteBuffer& output);
  bool has_pending() const { return SSL_pending(ssl_.get()) > 0; }

 private:
  class Call;
  Step judge(int result);

  MemoryPipe pipe_;
  SslPointer ssl_;
};

}  // namespace fairlead::tls
