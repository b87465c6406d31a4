#include "codec/token_claim.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "codec/scan.h"

namespace fairlead::codec {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr std::uint8_t kNoDigit = 0xff;

/// Values of the characters of base64url (RFC 4648, section 5).
constexpr std::array<std::uint8_t, 256> digit_values() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> kDigits = digit_values();

/// The bytes of a text in base64url without padding, which is how tokens are written. Bits that belong to no byte are ignored.
std::optional<std::string_view> decoded(std::string_view text, Arena& arena) {
  if (text.size() % 4 == 1) return std::nullopt;
  char* const bytes = arena.array<char>(text.size() / 4 * 3 + 2);
  char* to = bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char character : text) {
    const std::uint8_t digit = kDigits[static_cast<std::uint8_t>(character)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6 | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *to++ = static_cast<char>(bits >> held & 0xff);
  }
  return std::string_view(bytes, static_cast<std::size_t>(to - bytes));
}

/// The second of exactly three parts.
std::string_view payload_of(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return {};
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return {};
  return token.substr(first + 1, second - first - 1);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_text_char(c) && c != '\t'; });
}

/// Takes the value of one member of the root, as the parser comes by. Of what the parser calls, false ends it.
class Search : public nlohmann::json_sax<nlohmann::json> {
 public:
  Search(std::string_view name, Arena& arena) : name_(name), arena_(arena) {}

  std::string_view found() const { return times_ == 1 ? value_ : std::string_view(); }

  bool null() override { return depth_ > 0; }
  bool boolean(bool value) override { return take(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return take_number(value); }
  bool number_unsigned(number_unsigned_t value) override { return take_number(value); }
  bool number_float(number_float_t, const string_t& text) override { return take(text); }
  bool string(string_t& text) override { return take(text); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    ++depth_;
    return true;
  }
  bool key(string_t& text) override {
    if (depth_ != 1) return true;
    is_wanted_ = text == name_;
    times_ += is_wanted_ ? 1 : 0;
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return depth_++ > 0; }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  /// A value; one that is the root is no object.
  bool take(std::string_view text) {
    if (depth_ == 1 && is_wanted_ && is_plain(text)) value_ = arena_.copy(text);
    return depth_ > 0;
  }
  template <class Number>
  bool take_number(Number value) {
    char text[24];
    const char* const end = std::to_chars(text, text + sizeof text, value).ptr;
    return take({text, static_cast<std::size_t>(end - text)});
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::string_view name_;
  Arena& arena_;
  std::size_t depth_ = 0;
  bool is_wanted_ = false;
  unsigned times_ = 0;
  std::string_view value_;
};

}  // namespace

std::string_view token_claim(std::string_view authorization, std::string_view name, Arena& arena) {
  if (authorization.size() <= kScheme.size() || authorization.size() > kLongestToken) return {};
  if (!ascii::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return {};
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  const std::optional<std::string_view> payload = decoded(payload_of(token), arena);
  // The parser would take a zero byte for the end.
  if (!payload || payload->find('\0') != std::string_view::npos) return {};
  Search search(name, arena);
  return nlohmann::json::sax_parse(payload->begin(), payload->end(), &search) ? search.found() : std::string_view();
}

}  // namespace fairlead::codec
