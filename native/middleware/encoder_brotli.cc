#include <brotli/encode.h>

#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

/// The best level whose memory stays small; about the speed of gzip, with a better ratio on text.
constexpr std::uint32_t kQuality = 4;
/// 256 KiB.
constexpr std::uint32_t kWindowBits = 18;

/// Brotli has no way to start a stream anew, so reset() makes another state. Its cost stays outside of the response's
/// time when the encoder comes from the pool.
class BrotliEncoder final : public Encoder {
 public:
  ~BrotliEncoder() override { close(); }

  bool open() {
    state_ = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    return state_ != nullptr && BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kQuality) == BROTLI_TRUE &&
           BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindowBits) == BROTLI_TRUE;
  }

  bool encode(std::string_view input, Mode mode, ByteBuffer& output) override {
    std::size_t left = input.size();
    auto next = reinterpret_cast<const std::uint8_t*>(input.data());
    // One call encodes one block at most, and what a call leaves behind does not show before the next: it is called until
    // it has nothing more to say.
    bool said_something = true;
    while (left > 0 || said_something || (mode == Mode::kEnd && BrotliEncoderIsFinished(state_) != BROTLI_TRUE)) {
      // Without a place to write to, output is only pointed at (BrotliEncoderTakeOutput).
      std::size_t room = 0;
      if (BrotliEncoderCompressStream(state_, operation_of(mode), &left, &next, &room, nullptr, nullptr) !=
          BROTLI_TRUE) {
        return false;
      }
      const std::size_t before = output.size();
      drain(output);
      said_something = output.size() > before;
    }
    return true;
  }

  bool reset() override {
    close();
    return open();
  }

 private:
  static BrotliEncoderOperation operation_of(Mode mode) {
    switch (mode) {
      case Mode::kMore:
        return BROTLI_OPERATION_PROCESS;
      case Mode::kFlush:
        return BROTLI_OPERATION_FLUSH;
      case Mode::kEnd:
        return BROTLI_OPERATION_FINISH;
    }
    return BROTLI_OPERATION_PROCESS;
  }

  void drain(ByteBuffer& output) {
    while (BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE) {
      std::size_t size = 0;
      const std::uint8_t* bytes = BrotliEncoderTakeOutput(state_, &size);
      output.append({reinterpret_cast<const char*>(bytes), size});
    }
  }

  void close() {
    if (state_ != nullptr) BrotliEncoderDestroyInstance(state_);
    state_ = nullptr;
  }

  BrotliEncoderState* state_ = nullptr;
};

}  // namespace

std::unique_ptr<Encoder> make_brotli_encoder() {
  auto encoder = std::make_unique<BrotliEncoder>();
  if (!encoder->open()) return nullptr;
  return encoder;
}

}  // namespace fairlead::middleware
