// What became of requests, for who asks afterwards: every failure and refusal, and a sample of the rest, as many as fit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace fairlead::exchange {

/// A text of at most N bytes; what does not fit is cut off.
template <std::size_t N>
class ShortText {
 public:
  ShortText& operator=(std::string_view text) {
    size_ = static_cast<std::uint8_t>(std::min(text.size(), N));
    if (size_ > 0) std::memcpy(bytes_, text.data(), size_);
    return *this;
  }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  static_assert(N < 256);
  // Not initialised: room for receipts must not cost memory before there are any.
  std::uint8_t size_;
  char bytes_[N];
};

/// One server that was tried. Times are monotonic; 0: it did not come to that.
struct ReceiptTry {
  ShortText<72> server;
  Nanos begun;
  Nanos connected;
  Nanos first_byte;
  Nanos ended;
  Reason reason;
  bool reused;
};

/// Tries that are remembered of one request; of further ones only the number.
inline constexpr std::uint32_t kMostReceiptTries = 4;

/// A wait for a turn at a service with a limit, and what the limit was like when it began. Times as in ReceiptTry.
struct QueueNote {
  Nanos begun;
  Nanos ended;
  /// As it is shown elsewhere: of a secret only its disguise.
  ShortText<64> key;
  std::uint32_t weight;
  /// Requests of the same key that waited already, and of all keys.
  std::uint32_t key_waiting;
  std::uint32_t waiting;
  std::uint32_t max_length;
  /// Requests at the servers.
  std::uint32_t active;
  std::uint32_t concurrency;
};

/// What the last rate limit on the way said.
struct ReceiptRate {
  ShortText<64> middleware;
  std::uint64_t average;
  Nanos period;
  std::uint64_t burst;
  /// Whole tokens in the bucket, after this request.
  std::uint64_t left;
  /// How long the request was held back; of one that was refused, after how long it would not have been.
  Nanos delay;
  bool admitted;
};

/// Why a receipt was kept. Each class has its own room, so that a flood of one does not wash the others away.
enum class Kept : std::uint8_t { kFailed, kRefused, kSampled };

/// One request. Texts are copies: the plan and the buffers they came from are gone when somebody asks.
struct Receipt {
  std::uint64_t id;
  /// Wall clock, nanoseconds since 1970: when the head had been read.
  Nanos wall;
  /// Monotonic.
  Nanos accepted;
  Nanos head_read;
  Nanos middlewares_done;
  Nanos ended;
  std::uint64_t bytes_received;
  std::uint64_t bytes_sent;
  /// Of its connection, from 1.
  std::uint32_t number;
  std::uint32_t tries;
  std::uint16_t status;
  std::uint16_t origin_status;
  Reason reason;
  bool tls;
  Kept kept;
  /// Whether it came to that: otherwise `queue` and `rate` hold nothing.
  bool has_queue;
  bool has_rate;
  ShortText<10> method;
  ShortText<46> client;
  ShortText<32> entry_point;
  ShortText<72> host;
  ShortText<120> target;
  ShortText<64> router;
  ShortText<64> service;
  ShortText<48> fault;
  QueueNote queue;
  ReceiptRate rate;
  std::array<ReceiptTry, kMostReceiptTries> servers;
};

/// The number behind the text of a request's id; 0, which is nobody's, for anything else.
std::uint64_t receipt_id(std::string_view text);

/// Writes a receipt as a JSON object, times as microseconds since the head had been read.
void write_receipt(const Receipt& receipt, std::uint32_t worker, JsonWriter& json);

/// The receipts of one worker, touched by its thread only. Memory is taken from the system as it fills.
class Receipts {
 public:
  Receipts();

  /// Whether a request about which there is nothing to say is kept as well: one in kSampleInterval.
  bool is_sampled() {
    if (--until_sample_ != 0) return false;
    until_sample_ = kSampleInterval;
    return true;
  }
  /// Room for the next receipt of that class; the oldest one gives way.
  Receipt& next(Kept kept);
  /// The receipt of that request, or null when there is none (any more).
  const Receipt* find(std::uint64_t id) const;

 private:
  static constexpr std::uint32_t kSampleInterval = 64;
  // About 1.3 KB each: 1.6 MiB for a worker at most.
  static constexpr std::array<std::uint32_t, 3> kRoom = {512, 512, 256};

  struct Ring {
    std::unique_ptr<Receipt[]> receipts;
    std::uint64_t written = 0;
  };

  std::array<Ring, 3> rings_;
  std::uint32_t until_sample_ = kSampleInterval;
};

}  // namespace fairlead::exchange
