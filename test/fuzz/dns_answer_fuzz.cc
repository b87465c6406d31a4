// Whatever a name server sends, what is found is a name that may be asked for, of an answer to this very question.
#include "test/fuzz/fuzz.h"

#include "net/dns.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  using Kind = net::CnameAnswer::Kind;
  constexpr std::string_view kHost = "www.example.com";
  const fuzz::Exact bytes(data, size);
  const std::span<const std::uint8_t> message(reinterpret_cast<const std::uint8_t*>(bytes.view().data()), size);
  const net::CnameAnswer answer = net::read_cname_answer(message, 7, kHost);
  FAIRLEAD_CHECK(answer.name.empty() == (answer.kind != Kind::kName));
  if (answer.kind == Kind::kName) FAIRLEAD_CHECK(net::is_dns_name(answer.name));
  if (answer.kind == Kind::kForeign) return 0;
  FAIRLEAD_CHECK(size > 12 && data[0] == 0 && data[1] == 7);
  // The same bytes answer no other question.
  FAIRLEAD_CHECK(net::read_cname_answer(message, 8, kHost).kind == Kind::kForeign);
  FAIRLEAD_CHECK(net::read_cname_answer(message, 7, "www.example.org").kind == Kind::kForeign);
  return 0;
}
