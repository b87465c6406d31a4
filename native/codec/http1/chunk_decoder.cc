#include "codec/http1/chunk_decoder.h"

#include <algorithm>
#include <cstring>

namespace fairlead::codec::http1 {

void ChunkDecoder::start(Headers* trailers, const ChunkLimits& limits) {
  *this = ChunkDecoder();
  limits_ = limits;
  state_ = State::kLine;
  trailers_.start(trailers, limits.trailers);
}

ChunkDecoder::Step ChunkDecoder::decode(std::span<char> input) {
  const char* at = input.data();
  const char* const end = at + input.size();
  char* payload = nullptr;
  char* payload_end = nullptr;
  while (at != end && state_ < State::kFinished) {
    switch (state_) {
      case State::kLine:
        at = take_line(at, end);
        break;
      case State::kData:
        if (payload == nullptr) payload = payload_end = input.data() + (at - input.data());
        at = take_data(at, end, payload_end);
        break;
      case State::kDataEnd:
      case State::kDataLineFeed:
        at = take_data_end(at);
        break;
      case State::kTrailers:
        at = take_trailers(at, end);
        break;
      case State::kFinished:
      case State::kFault:
        break;
    }
  }
  Step step;
  step.consumed = static_cast<std::size_t>(at - input.data());
  step.finished = state_ == State::kFinished;
  step.fault = state_ == State::kFault;
  if (!step.fault) step.payload = {payload, static_cast<std::size_t>(payload_end - payload)};
  return step;
}

const char* ChunkDecoder::refuse(const char* at, ChunkFault fault) {
  fault_ = fault;
  state_ = State::kFault;
  return at;
}

const char* ChunkDecoder::take_line(const char* at, const char* end) {
  ChunkFault fault = ChunkFault::kNone;
  const char* const stop = line_.take(at, end, fault);
  overhead_ += static_cast<std::uint64_t>(stop - at);
  if (fault != ChunkFault::kNone) return refuse(stop, fault);
  if (line_.extension_bytes() > limits_.extensions) return refuse(stop, ChunkFault::kExtensionsTooLarge);
  if (limits_.free_overhead > 0 && overhead_ > limits_.free_overhead && payload_ < overhead_ / 3) {
    return refuse(stop, ChunkFault::kTooMuchOverhead);
  }
  if (!line_.complete()) return stop;
  left_ = line_.size();
  line_.restart();
  state_ = left_ > 0 ? State::kData : State::kTrailers;
  return stop;
}

const char* ChunkDecoder::take_data(const char* at, const char* end, char*& payload_end) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - at)));
  if (payload_end != at) std::memmove(payload_end, at, size);
  payload_end += size;
  payload_ += size;
  left_ -= size;
  if (left_ == 0) state_ = State::kDataEnd;
  return at + size;
}

const char* ChunkDecoder::take_data_end(const char* at) {
  const bool wants_return = state_ == State::kDataEnd;
  if (*at != (wants_return ? '\r' : '\n')) return refuse(at, ChunkFault::kDataTooLong);
  state_ = wants_return ? State::kDataLineFeed : State::kLine;
  ++overhead_;
  return at + 1;
}

const char* ChunkDecoder::take_trailers(const char* at, const char* end) {
  switch (trailers_.take(at, end)) {
    case TrailerSection::Outcome::kIncomplete:
      return at;
    case TrailerSection::Outcome::kComplete:
      state_ = State::kFinished;
      return at;
    case TrailerSection::Outcome::kMalformed:
      return refuse(at, ChunkFault::kTrailerMalformed);
    case TrailerSection::Outcome::kTooLarge:
      return refuse(at, ChunkFault::kTrailersTooLarge);
  }
  return at;
}

}  // namespace fairlead::codec::http1
