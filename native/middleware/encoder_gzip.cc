#include <zlib.h>

#include <algorithm>
#include <limits>

#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

/// The first level with lazy matching: within a few percent of the default's ratio at twice its speed.
constexpr int kLevel = 4;
/// 32 KiB window; 16 more asks for the gzip wrapper.
constexpr int kWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
/// Room offered to the library at once.
constexpr std::size_t kRoom = 16 * 1024;

class GzipEncoder final : public Encoder {
 public:
  ~GzipEncoder() override {
    if (ready_) deflateEnd(&stream_);
  }

  bool open() {
    ready_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
    return ready_;
  }

  bool encode(std::string_view input, Mode mode, ByteBuffer& output) override {
    // zlib counts input in 32 bits.
    constexpr std::size_t kPiece = std::numeric_limits<uInt>::max();
    while (input.size() > kPiece) {
      if (!run(input.substr(0, kPiece), Z_NO_FLUSH, output)) return false;
      input.remove_prefix(kPiece);
    }
    return run(input, flush_of(mode), output);
  }

  bool reset() override { return deflateReset(&stream_) == Z_OK; }

 private:
  static int flush_of(Mode mode) {
    switch (mode) {
      case Mode::kMore:
        return Z_NO_FLUSH;
      case Mode::kFlush:
        return Z_SYNC_FLUSH;
      case Mode::kEnd:
        return Z_FINISH;
    }
    return Z_NO_FLUSH;
  }

  bool run(std::string_view input, int flush, ByteBuffer& output) {
    // zlib does not write through next_in; its type predates const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(output.reserve(kRoom));
      stream_.avail_out = kRoom;
      const int result = deflate(&stream_, flush);
      output.commit(kRoom - stream_.avail_out);
      // Z_BUF_ERROR: nothing was left to do.
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
    } while (stream_.avail_out == 0);
    return true;
  }

  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

std::unique_ptr<Encoder> make_gzip_encoder() {
  auto encoder = std::make_unique<GzipEncoder>();
  if (!encoder->open()) return nullptr;
  return encoder;
}

}  // namespace fairlead::middleware
