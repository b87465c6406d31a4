// Decompression of what the proxy compressed, also of streams that have not ended.
#pragma once

#include <brotli/decode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

namespace fairlead::test {

/// The text so far, and whether the stream is complete.
struct Decoded {
  std::string text;
  bool complete = false;
};

inline Decoded decode_gzip(std::string_view bytes) {
  Decoded decoded;
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  char room[4096];
  int result = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(room);
    stream.avail_out = sizeof room;
    result = inflate(&stream, Z_SYNC_FLUSH);
    decoded.text.append(room, sizeof room - stream.avail_out);
  } while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
  decoded.complete = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return decoded;
}

inline Decoded decode_brotli(std::string_view bytes) {
  Decoded decoded;
  BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  REQUIRE(state != nullptr);
  std::size_t left = bytes.size();
  auto next = reinterpret_cast<const std::uint8_t*>(bytes.data());
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    char room[4096];
    std::size_t free = sizeof room;
    auto out = reinterpret_cast<std::uint8_t*>(room);
    result = BrotliDecoderDecompressStream(state, &left, &next, &free, &out, nullptr);
    decoded.text.append(room, sizeof room - free);
  }
  decoded.complete = result == BROTLI_DECODER_RESULT_SUCCESS && left == 0;
  BrotliDecoderDestroyInstance(state);
  return decoded;
}

inline Decoded decode_zstd(std::string_view bytes) {
  Decoded decoded;
  ZSTD_DCtx* context = ZSTD_createDCtx();
  REQUIRE(context != nullptr);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t left = 1;
  bool full = true;
  while (left != 0 && (in.pos < in.size || full)) {
    char room[4096];
    ZSTD_outBuffer out{room, sizeof room, 0};
    left = ZSTD_decompressStream(context, &out, &in);
    REQUIRE(ZSTD_isError(left) == 0);
    decoded.text.append(room, out.pos);
    full = out.pos == sizeof room;
  }
  decoded.complete = left == 0 && in.pos == in.size;
  ZSTD_freeDCtx(context);
  return decoded;
}

/// By the name in Content-Encoding.
inline Decoded decode(std::string_view coding, std::string_view bytes) {
  if (coding == "gzip") return decode_gzip(bytes);
  if (coding == "br") return decode_brotli(bytes);
  REQUIRE(coding == "zstd");
  return decode_zstd(bytes);
}

}  // namespace fairlead::test
