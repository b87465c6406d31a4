#include <zstd.h>

#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

constexpr int kLevel = 3;
/// 256 KiB window and small tables: level 3 would take 3 MB a stream for long inputs otherwise. Decoders must accept
/// windows up to 8 MB (RFC 9659).
constexpr int kWindowBits = 18;
constexpr int kTableBits = 16;
constexpr std::size_t kRoom = 16 * 1024;

class ZstdEncoder final : public Encoder {
 public:
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }

  bool open() {
    context_ = ZSTD_createCCtx();
    return context_ != nullptr && set(ZSTD_c_compressionLevel, kLevel) && set(ZSTD_c_windowLog, kWindowBits) &&
           set(ZSTD_c_hashLog, kTableBits) && set(ZSTD_c_chainLog, kTableBits);
  }

  bool encode(std::string_view input, Mode mode, ByteBuffer& output) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{output.reserve(kRoom), kRoom, 0};
      const std::size_t left = ZSTD_compressStream2(context_, &out, &in, directive_of(mode));
      if (ZSTD_isError(left) != 0) return false;
      output.commit(out.pos);
      const bool taken = in.pos == in.size;
      if (mode == Mode::kMore ? taken : left == 0) return true;
    }
  }

  bool reset() override { return ZSTD_isError(ZSTD_CCtx_reset(context_, ZSTD_reset_session_only)) == 0; }

 private:
  static ZSTD_EndDirective directive_of(Mode mode) {
    switch (mode) {
      case Mode::kMore:
        return ZSTD_e_continue;
      case Mode::kFlush:
        return ZSTD_e_flush;
      case Mode::kEnd:
        return ZSTD_e_end;
    }
    return ZSTD_e_continue;
  }

  bool set(ZSTD_cParameter parameter, int value) {
    return ZSTD_isError(ZSTD_CCtx_setParameter(context_, parameter, value)) == 0;
  }

  ZSTD_CCtx* context_ = nullptr;
};

}  // namespace

std::unique_ptr<Encoder> make_zstd_encoder() {
  auto encoder = std::make_unique<ZstdEncoder>();
  if (!encoder->open()) return nullptr;
  return encoder;
}

}  // namespace fairlead::middleware
