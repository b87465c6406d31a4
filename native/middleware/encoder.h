// Streaming compressors behind one interface, kept for reuse because their set-up costs more than a small response.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "middleware/accept_coding.h"

namespace fairlead::middleware {

/// Compresses one stream at a time. Belongs to one thread. Memory is bounded by the settings of each coding: about
/// 270 KB for gzip, 1 MB for br, 700 KB for zstd, whatever the length of the stream.
class Encoder {
 public:
  virtual ~Encoder() = default;

  enum class Mode : std::uint8_t {
    kMore,   // more input follows; output may wait inside
    kFlush,  // everything taken so far must come out
    kEnd,    // the stream ends here
  };

  /// Takes all of `input` and appends output. False when the library fails; the stream is then useless.
  virtual bool encode(std::string_view input, Mode mode, ByteBuffer& output) = 0;
  /// Makes it ready for another stream; false when it cannot be used again.
  virtual bool reset() = 0;
};

/// Gives an encoder back to its thread's pool, or destroys it when the pool is full.
struct EncoderReturn {
  Coding coding = Coding::kIdentity;
  void operator()(Encoder* encoder) const;
};
using EncoderPtr = std::unique_ptr<Encoder, EncoderReturn>;

/// A ready encoder of this thread's pool, or a new one; null when the library refuses or for kIdentity. The result
/// must be released on the same thread.
EncoderPtr borrow_encoder(Coding coding);

/// One file per library; each returns null when the library refuses.
std::unique_ptr<Encoder> make_gzip_encoder();
std::unique_ptr<Encoder> make_brotli_encoder();
std::unique_ptr<Encoder> make_zstd_encoder();

}  // namespace fairlead::middleware
