// Whatever a client sends as a token, a claim is plain text that its payload holds. The bytes are a token, or the payload of one.
#include "test/fuzz/fuzz.h"

#include "codec/token_claim.h"
#include "test/support/native/token.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  const fuzz::Exact bytes(data, size);
  for (const std::string& field : {"Bearer " + std::string(bytes.view()), test::bearer(bytes.view())}) {
    Arena arena;
    const fuzz::Exact exact(reinterpret_cast<const std::uint8_t*>(field.data()), field.size());
    const std::string_view claim = codec::token_claim(exact.view(), "tenant", arena);
    FAIRLEAD_CHECK(claim.size() <= size);
    for (const char c : claim) FAIRLEAD_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  return 0;
}
