// What both ends of a TLS connection share: driving the library from memory.
#pragma once

#include <string_view>
#include <utility>

#include "net/secure_layer.h"
#include "tls/library.h"

namespace fairlead::tls {

/// Where the library finds bytes and leaves them, for the duration of one call.
struct MemoryPipe {
  net::CipherInput* input = nullptr;
  ByteBuffer* output = nullptr;
  void* owner = nullptr;  // a pointer here saves the library's table of application data, a lock and 90 bytes
};

/// Runs the steps of net::SecureLayer over one SSL object. What a peer can make us do without sending data is bounded:
/// the library ends the connection after 32 empty records or 4 warnings in a row, we after 32 handshake messages.
class Engine {
 public:
  using Step = net::SecureLayer::Step;

  /// Takes `ssl`. Callbacks of the library get `owner` back from owner_of(); it outlives the engine.
  explicit Engine(SslPointer ssl, void* owner = nullptr);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  static void* owner_of(const SSL* ssl);

  SSL* ssl() const { return ssl_.get(); }
  Step handshake(net::CipherInput& input, ByteBuffer& output);
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count);
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain);
  void shutdown(ByteBuffer& output);
  /// True also when the end was met behind the data that was returned last, so that nobody waits for more.
  bool has_pending() const { return end_ != Step::kDone || SSL_pending(ssl_.get()) > 0; }
  /// Why a step failed, in the library's words; empty when none has.
  std::string_view fault() const;

 private:
  class Call;
  /// Key updates and tickets that may come in a row (RFC 8446 section 4.6): each costs more than its 27 bytes.
  static constexpr std::uint8_t kMessageBudget = 32;

  static void on_message(int is_write, int version, int type, const void* data, std::size_t size, SSL* ssl, void* self);
  bool is_flooded() const { return messages_ > kMessageBudget; }
  Step judge(int result);

  MemoryPipe pipe_;
  SslPointer ssl_;
  ErrorCode error_ = 0;
  Step end_ = Step::kDone;     // kClosed or kFailed once reading has come to it
  std::uint8_t messages_ = 0;  // since the handshake or the last data
  bool established_ = false;
  bool failed_ = false;
};

/// A session of either side: its steps are those of the engine. `Side` is the interface it has towards its users.
template <class Side>
class EngineSession : public Side {
 public:
  using Step = net::SecureLayer::Step;

  explicit EngineSession(SslPointer ssl, void* owner = nullptr) : engine_(std::move(ssl), owner) {}

  Step handshake(net::CipherInput& input, ByteBuffer& output) override { return engine_.handshake(input, output); }
  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) override {
    return engine_.read(input, output, plain, count);
  }
  Step write(net::CipherInput& input, ByteBuffer& output, std::string_view plain) override {
    return engine_.write(input, output, plain);
  }
  void shutdown(ByteBuffer& output) override { engine_.shutdown(output); }
  bool has_pending() const override { return engine_.has_pending(); }
  std::string_view fault() const override { return engine_.fault(); }

 protected:
  Engine engine_;
};

}  // namespace fairlead::tls
