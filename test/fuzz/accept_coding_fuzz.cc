// Whatever Accept-Encoding says, the coding chosen is one on offer, never one that was refused, and the same whichever way
// the list is split over fields.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <array>

#include "middleware/accept_coding.h"

namespace fairlead::middleware {
namespace {

constexpr std::array<std::uint8_t, 3> kOffered = {3, 2, 1};

bool is_one_of(Coding coding, std::span<const std::uint8_t> offered) {
  return coding == Coding::kIdentity || std::ranges::find(offered, static_cast<std::uint8_t>(coding)) != offered.end();
}

void check(std::string_view value, std::span<const std::uint8_t> offered) {
  Arena arena;
  codec::Headers headers(arena);
  headers.add("Accept-Encoding", value);
  const Coding chosen = choose_coding(headers, offered, Coding::kIdentity);
  FAIRLEAD_CHECK(is_one_of(chosen, offered));
  FAIRLEAD_CHECK(value.find_first_not_of(" \t,") != std::string_view::npos || chosen == Coding::kIdentity);
  headers.add("Accept-Encoding", "gzip;q=0, br;q=0, zstd;q=0");
  FAIRLEAD_CHECK(choose_coding(headers, offered, Coding::kIdentity) == Coding::kIdentity);
  for (std::size_t comma = value.find(','); comma != std::string_view::npos; comma = value.find(',', comma + 1)) {
    codec::Headers split(arena);
    split.add("accept-encoding", value.substr(0, comma));
    split.add("Accept-Encoding", value.substr(comma + 1));
    FAIRLEAD_CHECK(choose_coding(split, offered, Coding::kIdentity) == chosen);
  }
}

}  // namespace
}  // namespace fairlead::middleware

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0 || size > 512) return 0;
  const fuzz::Exact bytes(data + 1, size - 1);
  const std::span<const std::uint8_t> all = middleware::kOffered;
  middleware::check(bytes.view(), all.subspan(data[0] % 3));
  return 0;
}
