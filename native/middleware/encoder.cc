#include "middleware/encoder.h"

#include <array>
#include <vector>

namespace fairlead::middleware {
namespace {

/// Encoders kept per coding and thread: at most about 4 MB a worker, enough for the responses that end together.
constexpr std::size_t kMostIdle = 4;

/// Indexed by Coding.
using Pools = std::array<std::vector<std::unique_ptr<Encoder>>, 4>;

Pools& pools() {
  thread_local Pools pools;
  return pools;
}

std::unique_ptr<Encoder> make_encoder(Coding coding) {
  switch (coding) {
    case Coding::kIdentity:
      return nullptr;
    case Coding::kGzip:
      return make_gzip_encoder();
    case Coding::kBrotli:
      return make_brotli_encoder();
    case Coding::kZstd:
      return make_zstd_encoder();
  }
  return nullptr;
}

}  // namespace

EncoderPtr borrow_encoder(Coding coding) {
  auto& idle = pools()[static_cast<std::size_t>(coding)];
  std::unique_ptr<Encoder> encoder;
  if (idle.empty()) {
    encoder = make_encoder(coding);
  } else {
    encoder = std::move(idle.back());
    idle.pop_back();
  }
  return {encoder.release(), EncoderReturn{coding}};
}

void EncoderReturn::operator()(Encoder* encoder) const {
  std::unique_ptr<Encoder> owned(encoder);
  auto& idle = pools()[static_cast<std::size_t>(coding)];
  if (idle.size() < kMostIdle && owned->reset()) idle.push_back(std::move(owned));
}

}  // namespace fairlead::middleware
