// A line of the access log is one line, and reading it gives back exactly what was logged: nobody writes entries, columns or
// terminal sequences into it.
#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <array>
#include <string>

#include "exchange/access_log.h"
#include "test/support/native/wire_writer.h"

namespace fairlead {
namespace {

enum Format : std::uint8_t { kCommon = 0, kGeneric = 1, kJson = 2 };

constexpr std::size_t kTexts = 6;
/// Method, target, user, user agent, referer, server URL.
using Texts = std::array<std::string_view, kTexts>;

Texts split(std::string_view bytes) {
  Texts texts;
  for (std::string_view& text : texts) {
    const std::size_t end = &text == &texts.back() ? bytes.size() : std::min(bytes.find('\xfe'), bytes.size());
    text = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return texts;
}

/// The line that is written of an exchange with these texts, everything kept.
std::string line_of(Format format, const Texts& texts) {
  test::WireWriter writer;
  writer.reserve<wire::AccessLog>();
  writer.put(offsetof(wire::AccessLog, format), format);
  writer.put(offsetof(wire::AccessLog, fields_default), std::uint8_t{1});
  writer.put(offsetof(wire::AccessLog, headers_default), std::uint8_t{1});
  alignas(8) std::array<char, sizeof(wire::AccessLog)> config{};
  std::ranges::copy(writer.bytes(), config.begin());
  Arena arena;
  codec::Request request(arena);
  codec::Peer peer;
  peer.client_text = "192.0.2.7";
  request.method_text = texts[0];
  request.target = texts[1];
  request.headers.add("User-Agent", texts[3]);
  request.headers.add("Referer", texts[4]);
  exchange::AccessRecord record;
  record.request = &request;
  record.peer = &peer;
  record.user = texts[2];
  record.server_url = texts[5];
  ByteBuffer line;
  FAIRLEAD_CHECK(format_access_line(*reinterpret_cast<const wire::AccessLog*>(config.data()), record, line));
  return std::string(line.view());
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/// Takes a quoted text off `rest`. `escape` is what stands before the two hexadecimal digits of an escaped byte.
std::string unquote(std::string_view& rest, std::string_view escape) {
  std::string text;
  FAIRLEAD_CHECK(rest.starts_with('"'));
  rest.remove_prefix(1);
  while (!rest.starts_with('"')) {
    FAIRLEAD_CHECK(!rest.empty());
    if (rest.starts_with(escape)) {
      rest.remove_prefix(escape.size());
      FAIRLEAD_CHECK(rest.size() >= 2 && hex_digit(rest[0]) >= 0 && hex_digit(rest[1]) >= 0);
      text += static_cast<char>(hex_digit(rest[0]) * 16 + hex_digit(rest[1]));
      rest.remove_prefix(2);
      continue;
    }
    if (rest.front() == '\\') {
      rest.remove_prefix(1);
      FAIRLEAD_CHECK(rest.starts_with('"') || rest.starts_with('\\'));
    }
    text += rest.front();
    rest.remove_prefix(1);
  }
  rest.remove_prefix(1);
  return text;
}

/// The next quoted text of the line.
std::string next_quoted(std::string_view& rest, std::string_view escape) {
  const std::size_t quote = rest.find('"');
  FAIRLEAD_CHECK(quote != std::string_view::npos);
  rest.remove_prefix(quote);
  return unquote(rest, escape);
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : std::string(text); }

void check_printable(std::string_view line) {
  FAIRLEAD_CHECK(line.ends_with('\n'));
  line.remove_suffix(1);
  FAIRLEAD_CHECK(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
}

void check_common(const Texts& texts) {
  const std::string line = line_of(kCommon, texts);
  std::string_view rest = line;
  // The user's column is not quoted: whatever it is, it holds no space, no quote and no line end.
  const std::string_view user = rest.substr(std::string_view("192.0.2.7 - ").size());
  FAIRLEAD_CHECK(user.substr(user.find(' ')).starts_with(" ["));
  FAIRLEAD_CHECK(next_quoted(rest, "\\x") == or_dash(texts[0]) + " " + or_dash(texts[1]) + " HTTP/1.1");
  FAIRLEAD_CHECK(next_quoted(rest, "\\x") == or_dash(texts[4]));
  FAIRLEAD_CHECK(next_quoted(rest, "\\x") == or_dash(texts[3]));
  FAIRLEAD_CHECK(next_quoted(rest, "\\x") == "-");
  FAIRLEAD_CHECK(next_quoted(rest, "\\x") == or_dash(texts[5]));
  FAIRLEAD_CHECK(rest == " 0ms\n");
  check_printable(line);
  check_printable(line_of(kGeneric, texts));
}

/// Reads one flat object of texts and numbers.
void check_json(const Texts& texts) {
  const std::string line = line_of(kJson, texts);
  check_printable(line);
  std::string_view rest = line;
  unsigned found = 0;
  for (char before = '{'; !rest.starts_with("}\n"); before = ',') {
    FAIRLEAD_CHECK(rest.starts_with(before));
    rest.remove_prefix(1);
    const std::string key = unquote(rest, "\\u00");
    FAIRLEAD_CHECK(rest.starts_with(':'));
    rest.remove_prefix(1);
    if (!rest.starts_with('"')) {
      const std::size_t digits = rest.find_first_not_of("0123456789");
      FAIRLEAD_CHECK(digits > 0 && digits != std::string_view::npos);
      rest.remove_prefix(digits);
      continue;
    }
    const std::string value = unquote(rest, "\\u00");
    const auto is = [&](std::string_view name, std::string_view text) {
      if (key != name) return;
      ++found;
      FAIRLEAD_CHECK(value == text);
    };
    is("RequestMethod", texts[0]);
    is("RequestPath", texts[1]);
    is("ClientUsername", or_dash(texts[2]));
    is("request_User-Agent", texts[3]);
    is("request_Referer", texts[4]);
    is("ServiceURL", texts[5]);
  }
  FAIRLEAD_CHECK(found == kTexts);
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size > 4096) return 0;
  const fuzz::Exact bytes(data, size);
  const Texts texts = split(bytes.view());
  check_common(texts);
  check_json(texts);
  return 0;
}
