// A byte stream over a socket, in clear text or through TLS, as the codecs see it.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/pipe.h"
#include "net/secure_layer.h"

namespace fairlead::net {

/// Outcome of one read or write.
struct IoResult {
  enum class Kind : std::uint8_t { kBytes, kAgain, kEof, kTimeout, kError };
  Kind kind = Kind::kAgain;
  std::size_t count = 0;

  bool ok() const { return kind == Kind::kBytes; }
  static IoResult bytes(std::size_t count) { return {Kind::kBytes, count}; }
  static IoResult of(Kind kind) { return {kind, 0}; }
};

/// What all streams of a worker share: scratch memory that is never held across a suspension.
class StreamScratch {
 public:
  /// Ciphertext is received here: several full records in one call.
  static constexpr std::size_t kCipherBytes = 256 * 1024;
  std::span<char> cipher() { return {cipher_.get(), kCipherBytes}; }
  ByteBuffer& output() { return output_; }

 private:
  std::unique_ptr<char[]> cipher_ = std::make_unique_for_overwrite<char[]>(kCipherBytes);
  ByteBuffer output_;
};

/// Owns the socket. One reader and one writer at a time; one worker. Deadlines are monotonic, 0 = none.
class Stream {
 public:
  Stream(loop::Loop& loop, StreamScratch& scratch, int fd) : loop_(loop), scratch_(scratch), descriptor_(fd) {}
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  loop::Loop& loop() { return loop_; }
  loop::Descriptor& descriptor() { return descriptor_; }
  SecureLayer* secure() { return secure_.get(); }
  bool open() const { return descriptor_.fd() >= 0; }

  /// Puts TLS on top and drives the handshake to its end, until all of our side of it has been sent. kBytes = done.
  loop::Task<IoResult> handshake(std::unique_ptr<SecureLayer> layer, Nanos deadline);

  /// Reads what is there; kAgain when nothing is. Never blocks. Under TLS a connection that ends without close_notify
  /// was cut, perhaps by an attacker: kError, where clear text has kEof.
  IoResult try_read(std::span<char> into);
  /// Writes what fits. Through TLS all of `bytes` is taken as long as nothing older waits; flush() sends the rest.
  IoResult try_write(std::string_view bytes);

  /// Writes all of `bytes` if that goes without waiting. True: `result` is final, success or failure. False: `bytes` is
  /// what is left for write_all(). Saves the frame of write_all() for messages that fit the socket's buffer.
  bool write_now(std::string_view& bytes, IoResult& result);
  /// As try_read, but waits.
  loop::Task<IoResult> read(std::span<char> into, Nanos deadline);
  /// Writes all of `bytes` and flushes. `stall` is how long (ns, 0 = for ever) the peer may take none of it.
  loop::Task<IoResult> write_all(std::string_view bytes, Nanos stall);
  /// Bytes that buffers of ciphertext take.
  std::size_t held_bytes() const { return stashed_.capacity() + unsent_.capacity(); }
  /// Encrypted bytes that the socket did not take yet.
  bool has_unsent() const { return !unsent_.empty(); }

  /// Moves at most `most` bytes from the socket into the empty `pipe`, or what the pipe holds to the socket. Clear text
  /// only; results as of try_read() and try_write().
  IoResult splice_in(Pipe& pipe, std::uint64_t most);
  IoResult splice_out(Pipe& pipe);

  /// Waits for more of a long body of which `left` bytes are still to come (on the wire at least as many): until so much
  /// of it is there that few calls carry it, or a few milliseconds have passed. A peer that is slower than that is waited
  /// for byte by byte from then on. Call expect_anything() when the body has ended.
  loop::Task<loop::Wake> await_bulk(std::uint64_t left, Nanos deadline);
  /// From now on single bytes wake us again.
  void expect_anything() { set_low_water(1); }

  loop::IoWait readable(Nanos deadline) { return {loop_, descriptor_, loop::IoWait::Direction::kRead, deadline}; }
  loop::IoWait writable(Nanos deadline) { return {loop_, descriptor_, loop::IoWait::Direction::kWrite, deadline}; }
  /// True when a read would return something (or the end) without waiting, as far as is known without asking.
  bool maybe_readable() const { return descriptor_.readable || holds_input(); }
  /// As maybe_readable(), but asks the socket: false means that a read waits.
  bool is_readable();

  /// Ends our side: close_notify when encrypted, then FIN. Best effort.
  void shutdown_write();
  /// For a connection that is closed next: close_notify, which leaves together with the FIN of close(). Best effort.
  void say_goodbye();
  /// Closes without ceremony. Idempotent.
  void close();
  /// Makes close() send RST: the peer must not take what it got for the whole.
  void abort();

 private:
  bool holds_input() const { return !stashed_.empty() || (secure_ != nullptr && secure_->has_pending()); }
  IoResult refused(bool& ready);
  IoResult receive(std::span<char> into);
  IoResult send(std::string_view bytes, int flags = 0);
  IoResult flush();
  loop::Task<IoResult> flush_by(Nanos deadline);
  IoResult read_secure(std::span<char> into);
  IoResult write_secure(std::string_view bytes);
  void emit(ByteBuffer& output);
  void take_waiting(ByteBuffer& output);
  void set_low_water(int bytes);

  loop::Loop& loop_;
  StreamScratch& scratch_;
  loop::Descriptor descriptor_;
  std::unique_ptr<SecureLayer> secure_;
  ByteBuffer stashed_;         // ciphertext received, not consumed
  ByteBuffer unsent_;          // ciphertext produced, not sent
  int low_water_ = 1;          // SO_RCVLOWAT
  bool unsent_waits_ = false;  // unsent_ holds the end of the handshake, for which the first data need not wait
  bool failed_ = false;
  bool trickles_ = false;  // the body that is being received comes too slowly to wait for much of it
};

}  // namespace fairlead::net
