#include "tls/session.h"

#include <openssl/bio.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace fairlead::tls {
namespace {

MemoryPipe& pipe_of(BIO* bio) { return *static_cast<MemoryPipe*>(BIO_get_data(bio)); }

int pipe_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  net::CipherInput* input = pipe_of(bio).input;
  if (input == nullptr || input->size() == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(static_cast<std::size_t>(size), input->size());
  std::memcpy(into, input->at, count);
  input->at += count;
  return static_cast<int>(count);
}

int pipe_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  ByteBuffer* output = pipe_of(bio).output;
  if (output == nullptr) return -1;
  output->append({from, static_cast<std::size_t>(size)});
  return size;
}

long pipe_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_pipe_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fairlead");
  BIO_meth_set_read(method, pipe_read);
  BIO_meth_set_write(method, pipe_write);
  BIO_meth_set_ctrl(method, pipe_control);
  return method;
}

/// Gives `ssl` a BIO over `pipe`, which must outlive it. Without memory for one every step fails.
void attach(SSL* ssl, MemoryPipe& pipe) {
  static const BIO_METHOD* const method = make_pipe_method();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return;
  BIO_set_data(bio, &pipe);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
}

}  // namespace

/// Lends the caller's buffers to the library for one call, and keeps its error queue, which belongs to the thread, from
/// passing between connections.
class Engine::Call {
 public:
  Call(MemoryPipe& pipe, net::CipherInput* input, ByteBuffer& output) : pipe_(pipe) {
    pipe_.input = input;
    pipe_.output = &output;
    ERR_clear_error();
  }
  ~Call() {
    pipe_.input = nullptr;
    pipe_.output = nullptr;
    ERR_clear_error();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  MemoryPipe& pipe_;
};

Engine::Engine(SslPointer ssl, void* owner) : ssl_(std::move(ssl)) {
  pipe_.owner = owner;
  attach(ssl_.get(), pipe_);
  SSL_set_msg_callback(ssl_.get(), on_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

void* Engine::owner_of(const SSL* ssl) { return pipe_of(SSL_get_rbio(ssl)).owner; }

void Engine::on_message(int is_write, int, int type, const void*, std::size_t, SSL*, void* self) {
  auto& engine = *static_cast<Engine*>(self);
  if (is_write != 0 || type != SSL3_RT_HANDSHAKE || !engine.established_ || engine.is_flooded()) return;
  // The library goes on until it has data or no more input.
  if (++engine.messages_ > kMessageBudget) engine.pipe_.input = nullptr;
}

// The library does not always say why.
std::string_view Engine::fault() const {
  if (is_flooded()) return "TOO_MANY_KEY_UPDATES";
  if (error_ != 0) return error_text(error_);
  return failed_ ? "broken by the peer" : "";
}

Engine::Step Engine::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::kDone;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Step::kWantRead;
    case SSL_ERROR_ZERO_RETURN:
      return Step::kClosed;
    default:
      failed_ = true;
      if (error_ == 0) error_ = ERR_peek_error();
      return Step::kFailed;
  }
}

Engine::Step Engine::handshake(net::CipherInput& input, ByteBuffer& output) {
  const Call call(pipe_, &input, output);
  const Step step = judge(SSL_do_handshake(ssl_.get()));
  established_ = step == Step::kDone;
  return step;
}

Engine::Step Engine::read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) {
  count = 0;
  if (end_ != Step::kDone) return end_;
  const Call call(pipe_, &input, output);
  Step step = Step::kDone;
  while (count < plain.size() && step == Step::kDone) {
    const int room = static_cast<int>(std::min<std::size_t>(plain.size() - count, INT_MAX));
    const int got = SSL_read(ssl_.get(), plain.data() + count, room);
    if (got > 0) {
      count += static_cast<std::size_t>(got);
      messages_ = 0;
    } else {
      step = judge(got);
    }
  }
  if (is_flooded()) step = Step::kFailed;
  if (step == Step::kClosed || step == Step::kFailed) end_ = step;
  // What was decrypted before an end or a failure is delivered first; the next call meets the same end again.
  return count > 0 ? Step::kDone : step;
}

Engine::Step Engine::write(net::CipherInput& input, ByteBuffer& output, std::string_view plain) {
  const Call call(pipe_, &input, output);
  while (!plain.empty()) {
    const int size = static_cast<int>(std::min<std::size_t>(plain.size(), INT_MAX));
    const int taken = SSL_write(ssl_.get(), plain.data(), size);
    if (taken <= 0) return judge(taken) == Step::kWantRead ? Step::kWantRead : Step::kFailed;
    plain.remove_prefix(static_cast<std::size_t>(taken));
  }
  return Step::kDone;
}

void Engine::shutdown(ByteBuffer& output) {
  const Call call(pipe_, nullptr, output);
  SSL_shutdown(ssl_.get());
}

}  // namespace fairlead::tls
