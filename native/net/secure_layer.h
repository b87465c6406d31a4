// What a stream needs of TLS: bytes in, bytes out, no sockets. Implemented by tls/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace fairlead::net {

/// Ciphertext that was received and not consumed yet. The layer advances `at`.
struct CipherInput {
  const char* at = nullptr;
  const char* end = nullptr;
  std::size_t size() const { return static_cast<std::size_t>(end - at); }
};

/// One TLS connection driven from memory. Every call may consume `input` and append records to `output`, which the
/// stream sends. Belongs to one worker.
class SecureLayer {
 public:
  enum class Step : std::uint8_t {
    kDone,      // it worked
    kWantRead,  // needs more ciphertext than `input` holds; all of it has been consumed
    kClosed,    // close_notify was received; clean end of data
    kFailed,    // protocol or verification failure; an alert may be in `output`
  };
  virtual ~SecureLayer() = default;

  virtual Step handshake(CipherInput& input, ByteBuffer& output) = 0;
  /// Decrypts into `plain` as much as fits; `count` is how much. kDone with count > 0, else one of the others.
  virtual Step read(CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) = 0;
  /// Encrypts all of `plain`.
  virtual Step write(CipherInput& input, ByteBuffer& output, std::string_view plain) = 0;
  /// Appends close_notify.
  virtual void shutdown(ByteBuffer& output) = 0;
  /// read() would return plaintext, or tell of an end or a failure, without more ciphertext.
  virtual bool has_pending() const = 0;
  /// What the finished handshake has left to be sent may wait for the first data: nobody needs it before (the session
  /// tickets of TLS 1.3).
  virtual bool last_flight_waits() const { return false; }
  /// Drops what only the handshake needed; called once after it.
  virtual void shed() = 0;
};

}  // namespace fairlead::net
