// A chunked body means the same however it arrives, and what is framed anew decodes to the same payload.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <string>

#include "codec/http1/chunk_decoder.h"
#include "codec/http1/head_writer.h"

namespace fairlead {
namespace {

using namespace codec;
using namespace codec::http1;

// Small enough to be met.
constexpr ChunkLimits kSmall{.extensions = 64, .trailers = 256, .free_overhead = 128};

struct Decoded {
  Decoded(std::string_view bytes, std::size_t step, const ChunkLimits& limits = kSmall) {
    decoder.start(&trailers, limits);
    while (!bytes.empty() && !decoder.finished() && !failed) {
      fuzz::Exact piece(bytes.substr(0, step));
      bytes.remove_prefix(piece.size());
      const ChunkDecoder::Step taken = decoder.decode({piece.data(), piece.size()});
      FAIRLEAD_CHECK(taken.consumed <= piece.size());
      FAIRLEAD_CHECK(taken.consumed == piece.size() || taken.finished || taken.fault);
      payload += taken.payload;
      consumed += taken.consumed;
      failed = taken.fault;
    }
  }
  Arena arena;
  Headers trailers{arena};
  ChunkDecoder decoder;
  std::string payload;
  std::size_t consumed = 0;
  bool failed = false;
};

void check_framed_anew(const Decoded& decoded) {
  std::string body(kChunkLineBytes, '\0');
  if (!decoded.payload.empty()) {
    body.resize(static_cast<std::size_t>(write_chunk_line(body.data(), decoded.payload.size()) - body.data()));
    body += decoded.payload + "\r\n";
  } else {
    body.clear();
  }
  std::string end(trailers_bound(decoded.trailers), '\0');
  end.resize(static_cast<std::size_t>(write_trailers(end.data(), decoded.trailers) - end.data()));
  const Decoded again(body + end, body.size() + end.size(), {});
  FAIRLEAD_CHECK(again.decoder.finished() && again.payload == decoded.payload);
  FAIRLEAD_CHECK(again.trailers.size() == decoded.trailers.size());
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Decoded whole(bytes, bytes.size() + 1);
  const Decoded stepped(bytes, 1 + data[0] % 16);
  FAIRLEAD_CHECK(whole.failed == stepped.failed && whole.decoder.finished() == stepped.decoder.finished());
  // Limits are tested after each piece, so which fault comes first may differ.
  if (!whole.decoder.finished()) return 0;
  FAIRLEAD_CHECK(whole.payload == stepped.payload && whole.consumed == stepped.consumed);
  FAIRLEAD_CHECK(whole.trailers.size() == stepped.trailers.size());
  check_framed_anew(whole);
  return 0;
}
