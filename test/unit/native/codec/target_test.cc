#include "codec/target.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "codec/authority.h"
#include "codec/escapes.h"
#include "snapshot/generated/records.gen.h"

namespace fairlead::codec {
namespace {

struct Normalised {
  explicit Normalised(std::string_view path, TargetRules rules = {}, std::string_view query = {}) {
    request.target = request.path = path;
    request.query = query;
    request.has_query = query.data() != nullptr;
    fault = normalise_target(request, rules, arena);
  }
  Arena arena;
  Request request{arena};
  HeadFault fault;
};

struct PathCase {
  std::string_view raw;
  std::string_view path;
  std::string_view routing;
};

constexpr PathCase kPaths[] = {
    {"/", "/", "/"},
    {"/a/b", "/a/b", "/a/b"},
    {"/a/b/", "/a/b/", "/a/b/"},
    {"/a.b/..c/...", "/a.b/..c/...", "/a.b/..c/..."},
    {"//x", "/x", "/x"},
    {"///", "/", "/"},
    {"/a//b", "/a/b", "/a/b"},
    {"/a//", "/a/", "/a/"},
    {"/.", "/", "/"},
    {"/./", "/", "/"},
    {"/a/./b", "/a/b", "/a/b"},
    {"/a/.", "/a", "/a"},
    {"/..", "/", "/"},
    {"/../../x", "/x", "/x"},
    {"/a/../b", "/b", "/b"},
    {"/a/b/..", "/a", "/a"},
    {"/a/b/../", "/a/", "/a/"},
    {"/a/..", "/", "/"},
    {"/a/%2e%2E/b", "/b", "/b"},
    {"/a/.%2e/b", "/b", "/b"},
    {"/%2e%2e%2fb", "/..%2Fb", "/..%2Fb"},
    {"/..;/x", "/..;/x", "/..;/x"},
    {"/%77orld", "/world", "/world"},
    {"/a%2fb", "/a%2Fb", "/a%2Fb"},
    {"/foo%20bar", "/foo%20bar", "/foo bar"},
    {"/%c3%a9", "/%C3%A9", "/\xc3\xa9"},
    {"/%252e%252E", "/%252e%252E", "/%252e%252E"},
    {"/%00", "/%00", std::string_view("/\0", 2)},
    {"/%5c%3b", "/%5C%3B", "/\\%3B"},
    {"/a\\b|c", "/a%5Cb%7Cc", "/a\\b|c"},
    {"/:@!$&'()*+,;=[]", "/:@!$&'()*+,;=[]", "/:@!$&'()*+,;=[]"},
    {"/%3A%40%5b", "/%3A%40%5B", "/%3A%40%5B"},
    {"*", "*", "*"},
};

TEST_CASE("paths have one normal form") {
  for (const PathCase& c : kPaths) {
    CAPTURE(c.raw);
    const Normalised got(c.raw);
    CHECK(got.fault == HeadFault::kNone);
    CHECK(got.request.path == c.path);
    CHECK(got.request.routing_path == c.routing);
    const Normalised again(got.request.path);
    CHECK(again.request.path == c.path);
    if (c.path != "*") CHECK(is_normal_path(c.path));
    if (c.raw != c.path) CHECK(is_normal_path(c.raw) == (c.raw.find("//") != std::string_view::npos && c.raw != "/./"));
  }
}

TEST_CASE("an ordinary target is not copied") {
  constexpr std::string_view kTarget = "/api/v1/users/42.json?a=1&b=2";
  Arena arena;
  Request request(arena);
  request.target = kTarget;
  request.path = kTarget.substr(0, kTarget.find('?'));
  request.query = kTarget.substr(kTarget.find('?') + 1);
  request.has_query = true;
  CHECK(normalise_target(request, {}, arena) == HeadFault::kNone);
  CHECK(request.path.data() == kTarget.data());
  CHECK(request.routing_path.data() == kTarget.data());
  CHECK(request.target.data() == kTarget.data());
  CHECK(request.target == kTarget);
  CHECK(arena.heap_bytes() == 0);
}

TEST_CASE("what is logged is what is forwarded; of a refused target it is what was received") {
  CHECK(Normalised("/a/../b").request.target == "/b");
  CHECK(Normalised("/a/../b", {}, "x=1;y").request.target == "/b?x=1&y");
  CHECK(Normalised("/b", {}, "").request.target == "/b?");
  CHECK(Normalised("/%41").request.target == "/A");
  CHECK(Normalised("/%zz/../b").request.target == "/%zz/../b");
}

TEST_CASE("without sanitizing only escapes change") {
  const TargetRules rules{.sanitize_path = false};
  CHECK(Normalised("//a/../%2e%2E/%77", rules).request.path == "//a/../../w");
}

struct FaultCase {
  std::string_view path;
  std::string_view query;
  HeadFault fault;
};

constexpr FaultCase kFaults[] = {
    {"/a#b", "", HeadFault::kTargetFragment},       {"/", "a#b", HeadFault::kTargetFragment},
    {"/%zz", "", HeadFault::kPathEscapeMalformed},  {"/%", "", HeadFault::kPathEscapeMalformed},
    {"/%a", "", HeadFault::kPathEscapeMalformed},   {"/%2", "", HeadFault::kPathEscapeMalformed},
    {"/%%41", "", HeadFault::kPathEscapeMalformed}, {"a", "", HeadFault::kTargetMalformed},
    {"", "", HeadFault::kTargetMalformed},
};

TEST_CASE("ambiguous targets are refused") {
  for (const FaultCase& c : kFaults) {
    CAPTURE(c.path);
    CHECK(Normalised(c.path, {}, c.query).fault == c.fault);
  }
}

TEST_CASE("semicolons in a query") {
  CHECK(Normalised("/", {}, "a;b=%3B;").request.query == "a&b=%3B&");
  CHECK(Normalised("/", {.encode_query_semicolons = true}, "a;b;").request.query == "a%3Bb%3B");
  CHECK(Normalised("/", {}, "a=%zz&\"").request.query == "a=%zz&\"");
}

TEST_CASE("normalising twice is normalising once, and rules see what is forwarded") {
  constexpr std::string_view kPieces[] = {"/", ".", "..",  "%2e", "%2F", "%",   "%4",
                                          "a", ";", "%25", "//",  "\\",  "%c3", "%7E"};
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string raw = "/";
    for (std::size_t n = random() % 8; n > 0; --n) raw += kPieces[random() % std::size(kPieces)];
    CAPTURE(raw);
    const TargetRules rules{.sanitize_path = round % 4 != 0};
    const Normalised once(raw, rules);
    if (once.fault != HeadFault::kNone) continue;
    const Normalised twice(once.request.path, rules);
    CHECK(twice.fault == HeadFault::kNone);
    CHECK(twice.request.path == once.request.path);
    CHECK(twice.request.routing_path == once.request.routing_path);
    if (!rules.sanitize_path) continue;
    CHECK(is_normal_path(once.request.path));
    CHECK(once.request.path.find("//") == std::string_view::npos);
    Arena arena;
    Request rewritten(arena);
    CHECK(set_path(rewritten, once.request.path, arena));
    CHECK(rewritten.path.size() == once.request.path.size());
    CHECK(rewritten.routing_path == once.request.routing_path);
  }
}

/// What must hold of any path that is taken: it is normal, and normalising it again changes nothing that anybody sees.
void check_normal_form(std::string_view raw) {
  CAPTURE(raw);
  const Normalised once(raw);
  if (once.fault != HeadFault::kNone) return;
  CHECK(is_normal_path(once.request.path));
  CHECK(once.request.target == once.request.path);
  const Normalised twice(once.request.path);
  CHECK(twice.fault == HeadFault::kNone);
  CHECK(twice.request.path == once.request.path);
  CHECK(twice.request.routing_path == once.request.routing_path);
}

TEST_CASE("the normal form of every short path and of every escape is its own") {
  constexpr std::string_view kAlphabet = "/.%2eEfa;";
  constexpr std::size_t kLength = 5;
  std::size_t count = 1;
  for (std::size_t i = 0; i < kLength; ++i) count *= kAlphabet.size();
  for (std::size_t number = 0; number < count; ++number) {
    std::string raw = "/";
    for (std::size_t rest = number, i = 0; i < kLength; ++i, rest /= kAlphabet.size()) {
      raw += kAlphabet[rest % kAlphabet.size()];
    }
    check_normal_form(raw);
  }
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  for (const char high : kDigits) {
    for (const char low : kDigits) {
      const std::string escape{'%', high, low};
      for (const std::string& raw : {"/" + escape, "/a" + escape + "/../b", "/" + escape + "." + escape + "/x"}) {
        check_normal_form(raw);
      }
    }
  }
}

struct RewriteCase {
  std::string_view path;
  std::string_view result;  // empty: refused
};

constexpr RewriteCase kRewrites[] = {
    {"/x", "/x"},
    {"/../x", ""},
    {"/..", ""},
    {"/a/./b", ""},
    {"x", ""},
    {"", ""},
    {"/%2e%2e/x", ""},
    {"/%zz", ""},
    {"/a b?c#d", "/a%20b%3Fc%23d"},
    {"/a%2fb", "/a%2Fb"},
    {"/a//b", "/a//b"},
    {"/..a/.b", "/..a/.b"},
    {"/\xc3\xa9", "/%C3%A9"},
};

TEST_CASE("a rewritten path is normal or refused") {
  for (const RewriteCase& c : kRewrites) {
    CAPTURE(c.path);
    Arena arena;
    Request request(arena);
    request.path = request.routing_path = "/before";
    const bool taken = set_path(request, c.path, arena);
    CHECK(taken == !c.result.empty());
    CHECK(request.path == (taken ? c.result : "/before"));
    if (taken) CHECK(is_normal_path(request.path));
  }
}

TEST_CASE("denied characters are those that are escaped") {
  constexpr std::uint32_t kAll = 127;
  CHECK(denied_characters("/a;b", kAll) == 0);
  CHECK(denied_characters("/%2F", kAll) == wire::kDeniedSlash);
  CHECK(denied_characters("/%5C", kAll) == wire::kDeniedBackSlash);
  CHECK(denied_characters("/%00", kAll) == wire::kDeniedNullCharacter);
  CHECK(denied_characters("/%3B", kAll) == wire::kDeniedSemicolon);
  CHECK(denied_characters("/%252F", kAll) == wire::kDeniedPercent);
  CHECK(denied_characters("/%3F", kAll) == wire::kDeniedQuestionMark);
  CHECK(denied_characters("/%23", kAll) == wire::kDeniedHash);
  CHECK(denied_characters("/%23%20%2F", wire::kDeniedSlash) == wire::kDeniedSlash);
}

TEST_CASE("query parameters are decoded, broken ones left out") {
  Arena arena;
  QueryReader reader("a=1&&b&c=x%20y+z&%61=%26&bad=%zz&=v&d=e=f&%", arena);
  std::vector<std::string> got;
  std::string_view name, value;
  while (reader.next(name, value)) got.push_back(std::string(name) + "|" + std::string(value));
  CHECK(got == std::vector<std::string>{"a|1", "b|", "c|x y z", "a|&", "|v", "d|e=f"});
}

struct HostCase {
  std::string_view text;
  std::string_view host;
  std::string_view port;
  std::string_view canonical;
};

constexpr HostCase kHosts[] = {
    {"Example.COM", "Example.COM", "", "example.com"},
    {"a.:8080", "a.", "8080", "a"},
    {"a:", "a", "", "a"},
    {"a:0", "a", "0", "a"},
    {"127.0.0.1:1", "127.0.0.1", "1", "127.0.0.1"},
    {"[::1]", "[::1]", "", "::1"},
    {"[::FFFF]:443", "[::FFFF]", "443", "::ffff"},
    {"a_b-c~d", "a_b-c~d", "", "a_b-c~d"},
};

TEST_CASE("authorities split into a canonical host and a port") {
  for (const HostCase& c : kHosts) {
    CAPTURE(c.text);
    Authority authority;
    CHECK(parse_authority(c.text, authority));
    CHECK(authority.host == c.host);
    CHECK(authority.port == c.port);
    Arena arena;
    CHECK(canonical_host(authority.host, arena) == c.canonical);
  }
}

}  // namespace
}  // namespace fairlead::codec
