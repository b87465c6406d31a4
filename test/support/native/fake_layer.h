// A secure layer whose records can be read by eye: type, length, payload with every bit turned.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/secure_layer.h"

namespace fairlead::test {

/// 'H' handshake, 'D' data, 'T' something of the layer's own, 'C' close, anything else is a violation.
inline std::string fake_record(char type, std::string_view payload = {}) {
  std::string record;
  record += type;
  record += static_cast<char>(payload.size() >> 8);
  record += static_cast<char>(payload.size());
  for (const char c : payload) record += static_cast<char>(~c);
  return record;
}

/// Both sides say 'H' first and are done when they have heard it.
class FakeLayer final : public net::SecureLayer {
 public:
  /// `hello` is what our side of the handshake weighs.
  explicit FakeLayer(std::size_t hello = 4) : hello_(hello, 'h') {}

  Step handshake(net::CipherInput& input, ByteBuffer& output) override {
    if (!std::exchange(greeted_, true)) output.append(fake_record('H', hello_));
    std::string payload;
    switch (next(input, payload)) {
      case 'H':
        if (has_ticket) output.append(fake_record('T'));
        return Step::kDone;
      case 0:
        return Step::kWantRead;
      default:
        output.append(fake_record('!'));
        return Step::kFailed;
    }
  }

  Step read(net::CipherInput& input, ByteBuffer& output, std::span<char> plain, std::size_t& count) override {
    for (count = 0;;) {
      const std::size_t size = std::min(plain.size() - count, plain_.size());
      std::copy_n(plain_.data(), size, plain.data() + count);
      plain_.erase(0, size);
      count += size;
      if (count == plain.size()) return Step::kDone;
      const char type = ended_ != 0 ? ended_ : next(input, plain_);
      if (type == 'D') continue;
      if (type == 'T') {
        output.append(fake_record('T'));
        continue;
      }
      if (type != 0) ended_ = type;
      if (count > 0) return Step::kDone;
      return type == 0 ? Step::kWantRead : type == 'C' ? Step::kClosed : Step::kFailed;
    }
  }

  Step write(net::CipherInput&, ByteBuffer& output, std::string_view plain) override {
    while (!plain.empty()) {
      output.append(fake_record('D', plain.substr(0, 16'384)));
      plain.remove_prefix(std::min<std::size_t>(16'384, plain.size()));
    }
    return Step::kDone;
  }

  void shutdown(ByteBuffer& output) override { output.append(fake_record('C')); }
  bool has_pending() const override { return !plain_.empty() || ended_ != 0; }
  bool last_flight_waits() const override { return has_ticket; }
  void shed() override { ++sheds; }

  int sheds = 0;
  /// The handshake ends with something that nobody waits for.
  bool has_ticket = false;

 private:
  /// Takes one record off the input; 0 while it is incomplete.
  char next(net::CipherInput& input, std::string& payload) {
    while (input.size() > 0 && !complete()) held_ += *input.at++;
    if (!complete()) return 0;
    const char type = held_[0];
    payload.clear();
    for (const char c : std::string_view(held_).substr(3)) payload += static_cast<char>(~c);
    held_.clear();
    return type;
  }
  bool complete() const {
    if (held_.size() < 3) return false;
    const auto high = static_cast<unsigned char>(held_[1]);
    const auto low = static_cast<unsigned char>(held_[2]);
    return held_.size() == 3U + high * 256U + low;
  }

  std::string hello_;
  std::string held_;
  std::string plain_;
  bool greeted_ = false;
  char ended_ = 0;
};

/// What the records in `bytes` say, data in clear: "H(hhhh)D(text)C()".
inline std::string fake_text(std::string_view bytes) {
  std::string text;
  while (bytes.size() >= 3) {
    const std::size_t size = static_cast<unsigned char>(bytes[1]) * 256U + static_cast<unsigned char>(bytes[2]);
    text += bytes[0];
    text += '(';
    for (const char c : bytes.substr(3, size)) text += static_cast<char>(~c);
    text += ')';
    bytes.remove_prefix(std::min(bytes.size(), 3 + size));
  }
  return text;
}

}  // namespace fairlead::test
