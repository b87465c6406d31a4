#include "codec/message.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fairlead::codec {
namespace {

struct MethodCase {
  std::string_view text;
  Method method;
};
constexpr MethodCase kMethods[] = {
    {"GET", Method::kGet},         {"HEAD", Method::kHead},      {"POST", Method::kPost},
    {"PUT", Method::kPut},         {"DELETE", Method::kDelete},  {"CONNECT", Method::kConnect},
    {"OPTIONS", Method::kOptions}, {"TRACE", Method::kTrace},    {"PATCH", Method::kPatch},
    {"get", Method::kOther},       {"PROPFIND", Method::kOther}, {"", Method::kOther},
    {"GETS", Method::kOther},      {"OPTIONZ", Method::kOther},
};

TEST_CASE("methods are told apart by case") {
  for (const MethodCase& c : kMethods) {
    CAPTURE(c.text);
    CHECK(method_of(c.text) == c.method);
  }
}

constexpr std::string_view kKnown[] = {
    "Host",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "Upgrade",
    "Expect",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Date",
    "Server",
    "Content-Type",
    "Content-Encoding",
    "Accept-Encoding",
    "Vary",
    "Origin",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "User-Agent",
    "Referer",
    "Range",
    "Location",
    "Accept",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Prefix",
    "X-Forwarded-Scheme",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Scheme",
    "X-Real-Ip",
    "X-Request-Id",
};

std::string changed(std::string_view text, char (*change)(char)) {
  std::string result(text);
  for (char& c : result) c = change(c);
  return result;
}

TEST_CASE("every known name has an id in any case") {
  for (std::string_view name : kKnown) {
    CAPTURE(name);
    const HeaderId id = header_id(name);
    CHECK(id != HeaderId::kOther);
    CHECK(header_id(changed(
              name, +[](char c) { return ascii::lower(c); })) == id);
    CHECK(header_id(changed(
              name, +[](char c) { return ascii::upper(c); })) == id);
  }
}

TEST_CASE("a name that differs in one byte has no id of another") {
  for (std::string_view name : kKnown) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other(name);
        other[at] = static_cast<char>(byte);
        if (ascii::equals_ignoring_case(other, name)) continue;
        CAPTURE(other);
        CHECK(header_id(other) == HeaderId::kOther);
      }
    }
    CHECK(header_id(name.substr(1)) == HeaderId::kOther);
    CHECK(header_id(std::string(name) + "s") == HeaderId::kOther);
  }
}

TEST_CASE("underscores make an alias") {
  CHECK(alias_id("x_forwarded-For") == HeaderId::kForwardedFor);
  CHECK(alias_id("CONTENT_LENGTH") == HeaderId::kContentLength);
  CHECK(alias_id("X-Forwarded-For") == HeaderId::kOther);
  CHECK(alias_id("x_custom") == HeaderId::kOther);
  CHECK(alias_id(std::string(64, '_')) == HeaderId::kOther);
}

struct Fields {
  Arena arena;
  Headers headers{arena};
  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    for (const Header& header : headers) result.push_back(std::string(header.name) + "=" + std::string(header.value));
    return result;
  }
};

TEST_CASE("removing keeps the order of the rest") {
  Fields fields;
  for (const char* name : {"A", "Cookie", "B", "cookie", "C"}) fields.headers.add(name, "1");
  CHECK(fields.headers.remove("COOKIE") == 2);
  CHECK(fields.lines() == std::vector<std::string>{"A=1", "B=1", "C=1"});
  CHECK(fields.headers.remove("absent") == 0);
}

TEST_CASE("setting replaces all of a name at the place of the first") {
  Fields fields;
  for (const char* name : {"a", "x-b", "c", "X-B", "d"}) fields.headers.add(name, "1");
  fields.headers.set("X-b", "2");
  CHECK(fields.lines() == std::vector<std::string>{"a=1", "x-b=2", "c=1", "d=1"});
  fields.headers.set("new", "3");
  CHECK(fields.lines().back() == "new=3");
}

TEST_CASE("names that share an id are still told apart") {
  Fields fields;
  fields.headers.add("X-Forwarded-Uri", "/u");
  fields.headers.add("X-Forwarded-Prefix", "/p");
  CHECK(fields.headers.first("x-forwarded-prefix") == "/p");
  CHECK(fields.headers.remove("x-forwarded-uri") == 1);
  CHECK(fields.lines() == std::vector<std::string>{"X-Forwarded-Prefix=/p"});
}

TEST_CASE("values of one name are joined in order") {
  Fields fields;
  CHECK(fields.headers.joined("a").data() == nullptr);
  fields.headers.add("a", "1");
  fields.headers.add("b", "2");
  CHECK(fields.headers.joined("A").data() == fields.headers.begin()->value.data());
  fields.headers.add("A", "");
  fields.headers.add("a", "3");
  CHECK(fields.headers.joined("a") == "1, , 3");
}

TEST_CASE("fields survive growth") {
  Fields fields;
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("n" + std::to_string(i));
  for (const std::string& name : names) fields.headers.add(name, name);
  CHECK(fields.headers.size() == 500);
  for (const std::string& name : names) CHECK(fields.headers.first(name) == name);
}

}  // namespace
}  // namespace fairlead::codec
