#include "net/dns.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/support/native/dns_message.h"

using namespace fairlead;
using net::CnameAnswer;
using test::DnsAnswer;
using Kind = net::CnameAnswer::Kind;

namespace {

CnameAnswer read(const std::string& bytes, std::string_view host = "www.example.com", std::uint16_t id = 7) {
  return net::read_cname_answer({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, id, host);
}

Kind kind_of(const DnsAnswer& answer) { return read(answer.bytes()).kind; }

}  // namespace

TEST_CASE("names that may be asked for") {
  const std::string label(63, 'a');
  for (const std::string& good : {std::string("a"), std::string("localhost"), std::string("www.example.com"),
                                  std::string("a-b_c.0.x1"), label + ".com", label + "." + label + "." + label}) {
    CHECK_MESSAGE(net::is_dns_name(good), good);
  }
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  CHECK(net::is_dns_name(longest));
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".com"), std::string("a..b"), std::string("a.com."),
        std::string("A.com"), std::string("127.0.0.1"), std::string("1.2"), std::string("::1"), std::string("a b.com"),
        std::string("ä.com"), std::string("a\0b", 3), "a" + label + ".com", longest + "a"}) {
    CHECK_FALSE_MESSAGE(net::is_dns_name(bad), bad);
  }
}

TEST_CASE("a question is what RFC 1035 says") {
  using namespace std::string_literals;
  CHECK(net::cname_question(0xabcd, "www.a.com") == "\xab\xcd\1\0\0\1\0\0\0\0\0\0\3www\1a\3com\0\0\5\0\1"s);
}

TEST_CASE("the record of the name that was asked for is taken, and no other") {
  DnsAnswer answer{.target = "Edge.CDN.example"};
  const CnameAnswer found = read(answer.bytes());
  CHECK(found.kind == Kind::kName);
  CHECK(found.name == "edge.cdn.example");
  CHECK(found.time_to_live == 60);
  answer.owner = "other.example.com";
  CHECK(kind_of(answer) == Kind::kNone);
  answer.owner = "WWW.example.COM";
  CHECK(kind_of(answer) == Kind::kName);
  answer.type = 1;
  CHECK(kind_of(answer) == Kind::kNone);
}

TEST_CASE("that there is nothing is an answer, that nobody knows is none") {
  CHECK(kind_of({}) == Kind::kNone);
  CHECK(kind_of({.flags = 0x8183}) == Kind::kNone);    // no such name
  CHECK(kind_of({.flags = 0x8182}) == Kind::kFailed);  // the server has failed
  CHECK(kind_of({.flags = 0x8185}) == Kind::kFailed);  // it refuses
  CHECK(kind_of({.flags = 0x8380}) == Kind::kFailed);  // cut short, before the record
  CHECK(kind_of({.flags = 0x8380, .target = "a.example"}) == Kind::kName);
}

TEST_CASE("answers to something else are passed over") {
  const DnsAnswer good{.target = "a.example"};
  CHECK(read(good.bytes(), "www.example.com", 8).kind == Kind::kForeign);
  CHECK(read(good.bytes(), "www.example.org").kind == Kind::kForeign);
  CHECK(kind_of({.flags = 0x0100, .target = "a.example"}) == Kind::kForeign);  // a question
  CHECK(kind_of({.flags = 0xa180, .target = "a.example"}) == Kind::kForeign);  // of another operation
  CHECK(kind_of({.question_type = 1, .target = "a.example"}) == Kind::kForeign);
}

TEST_CASE("a name that no host can have is none") {
  CHECK(kind_of({.target = "a b.example"}) == Kind::kNone);
  CHECK(kind_of({.target = "127.0.0.1"}) == Kind::kNone);
  CHECK(kind_of({.target = "a\\b.example"}) == Kind::kNone);
}

TEST_CASE("an answer that ends early, or whose names lead in circles, harms nobody") {
  const std::string whole = DnsAnswer{.target = "edge.cdn.example"}.bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_MESSAGE(read(whole.substr(0, size)).kind != Kind::kName, size);
  }
  std::string circle = whole;
  // The target becomes a pointer to itself.
  const std::size_t at = circle.size() - std::string_view("\4edge\3cdn\7example").size() - 1;
  circle.resize(at);
  circle[at - 1] = 2;
  circle += {static_cast<char>(0xc0), static_cast<char>(at)};
  CHECK(read(circle).kind != Kind::kName);
}
