#include "middleware/accept_coding.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace fairlead::middleware {
namespace {

constexpr std::size_t kCodings = 4;
/// Weights are thousandths.
constexpr int kUnnamed = -1;
constexpr int kFull = 1000;

/// What a client says about each coding.
struct Weights {
  std::array<int, kCodings> of = {kUnnamed, kUnnamed, kUnnamed, kUnnamed};
  int wildcard = kUnnamed;
  bool present = false;
};

/// Thousandths of a qvalue ("0.5", "1"); a malformed one counts as 0, so that it never forces a coding on anybody.
int weight_of(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * kFull;
  if (text.size() == 1) return weight;
  if (text[1] != '.' || text.size() > 5) return 0;
  int place = kFull / 10;
  for (const char digit : text.substr(2)) {
    if (!ascii::is_digit(digit)) return 0;
    weight += (digit - '0') * place;
    place /= 10;
  }
  return std::min(weight, kFull);
}

void read_element(std::string_view element, Weights& weights) {
  const std::size_t semicolon = element.find(';');
  const std::string_view name = ascii::trim(element.substr(0, semicolon));
  int weight = kFull;
  if (semicolon != std::string_view::npos) {
    const std::string_view parameter = ascii::trim(element.substr(semicolon + 1));
    if (parameter.size() >= 2 && ascii::lower(parameter[0]) == 'q' && parameter[1] == '=') {
      weight = weight_of(ascii::trim(parameter.substr(2)));
    }
  }
  const auto is = [name](std::string_view other) { return ascii::equals_ignoring_case(name, other); };
  if (is("*")) weights.wildcard = std::max(weights.wildcard, weight);
  for (std::size_t i = 0; i < kCodings; ++i) {
    const auto coding = static_cast<Coding>(i);
    if (is(coding_name(coding)) || (coding == Coding::kGzip && is("x-gzip"))) weights.of[i] = weight;
  }
}

Weights read_weights(const codec::Headers& headers) {
  Weights weights;
  for (const codec::Header& header : headers) {
    if (header.id != codec::HeaderId::kAcceptEncoding) continue;
    weights.present = true;
    std::string_view rest = header.value;
    std::string_view element;
    while (ascii::next_element(rest, element)) read_element(element, weights);
  }
  return weights;
}

/// What "*" stands for: the preferred coding, else the first, unless the client refuses it by name.
Coding any_of(const Weights& weights, std::span<const std::uint8_t> offered, Coding preferred) {
  const auto refused = [&weights](Coding coding) { return weights.of[static_cast<std::size_t>(coding)] == 0; };
  if (preferred != Coding::kIdentity && !refused(preferred)) return preferred;
  for (const std::uint8_t number : offered) {
    if (!refused(static_cast<Coding>(number))) return static_cast<Coding>(number);
  }
  return Coding::kIdentity;
}

}  // namespace

std::string_view coding_name(Coding coding) {
  switch (coding) {
    case Coding::kIdentity:
      return "identity";
    case Coding::kGzip:
      return "gzip";
    case Coding::kBrotli:
      return "br";
    case Coding::kZstd:
      return "zstd";
  }
  return "identity";
}

Coding choose_coding(const codec::Headers& request, std::span<const std::uint8_t> offered, Coding preferred) {
  const Weights weights = read_weights(request);
  if (!weights.present) return preferred;

  // Between equal weights "*" wins, then the order of the offer, then identity.
  int best = std::max(weights.wildcard, 0);
  Coding chosen = best > 0 ? any_of(weights, offered, preferred) : Coding::kIdentity;
  for (const std::uint8_t number : offered) {
    const int weight = weights.of[number];
    if (weight <= best) continue;
    best = weight;
    chosen = static_cast<Coding>(number);
  }
  return weights.of[0] > best ? Coding::kIdentity : chosen;
}

}  // namespace fairlead::middleware
