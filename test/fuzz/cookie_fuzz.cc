// Whatever Cookie says, what is found is one of its values, and the same whichever way its pairs are split over fields.
#include "test/fuzz/fuzz.h"

#include <string>

#include "codec/cookie.h"

namespace fairlead::codec {
namespace {

using Value = std::optional<std::string_view>;

bool lies_within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check(std::string_view name, std::string_view field) {
  Arena arena;
  Headers headers(arena);
  headers.add("Cookie", field);
  const Value found = find_cookie(headers, name);
  if (found) {
    FAIRLEAD_CHECK(lies_within(*found, field));
    FAIRLEAD_CHECK(found->find_first_of("\";\\\r\n") == std::string_view::npos);
    FAIRLEAD_CHECK(field.find(name) != std::string_view::npos);
  }
  // A cookie of that name in front of all others is the one that is found.
  const std::string before = std::string(name) + "=first; " + std::string(field);
  Headers first(arena);
  first.add("cookie", before);
  FAIRLEAD_CHECK(find_cookie(first, name) == "first");
  for (std::size_t at = field.find(';'); at != std::string_view::npos; at = field.find(';', at + 1)) {
    Headers split(arena);
    split.add("cookie", field.substr(0, at));
    split.add("Cookie", field.substr(at + 1));
    FAIRLEAD_CHECK(find_cookie(split, name) == found);
  }
}

}  // namespace
}  // namespace fairlead::codec

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0 || size > 512) return 0;
  const fuzz::Exact bytes(data + 1, size - 1);
  constexpr std::string_view kNames[] = {"a", "lb", "_1d52e"};
  codec::check(kNames[data[0] % 3], bytes.view());
  return 0;
}
