// The grammar of an HTTP/1 request head, written a second time to be obviously right: one line after the other, one byte
// after the other, with copies. What the parser is held to, whatever tricks it uses to be fast.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::codec::http1::test {

/// A head as RFC 9112 sections 2 to 5 read it, with its bytes copied.
struct ReferenceHead {
  std::string method;
  std::string target;
  char minor = '1';
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t size = 0;
};

inline bool is_reference_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  for (const char c : text) {
    const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_alphanumeric && kMarks.find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

/// field-vchar, obs-text, SP and HTAB.
inline bool is_reference_text(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
  }
  return true;
}

/// Takes the line up to the next CR LF off `rest`; nothing when there is none, or when it holds a CR or LF of its own.
inline std::optional<std::string> take_reference_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::string line(rest.substr(0, end));
  rest.remove_prefix(end + 2);
  if (line.find_first_of("\r\n") != std::string::npos) return std::nullopt;
  return line;
}

inline bool read_reference_line(const std::string& line, ReferenceHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string::npos || first == last) return false;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string version = line.substr(last + 1);
  if (version.size() != 8 || version.compare(0, 7, "HTTP/1.") != 0 || version[7] < '0' || version[7] > '9')
    return false;
  head.minor = version[7];
  for (const char c : head.target) {
    if (c <= 0x20 || c >= 0x7f) return false;
  }
  return is_reference_token(head.method) && !head.target.empty();
}

inline bool read_reference_field(const std::string& line, ReferenceHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || !is_reference_token(line.substr(0, colon))) return false;
  std::string value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.erase(0, 1);
  if (!is_reference_text(value)) return false;
  head.fields.emplace_back(line.substr(0, colon), std::move(value));
  return true;
}

/// The head at the start of `bytes`; nothing when there is none, or none yet, that the grammar allows.
inline std::optional<ReferenceHead> read_reference_head(std::string_view bytes) {
  ReferenceHead head;
  std::string_view rest = bytes;
  if (rest.starts_with("\r\n")) rest.remove_prefix(2);
  std::optional<std::string> line = take_reference_line(rest);
  if (!line || !read_reference_line(*line, head)) return std::nullopt;
  for (;;) {
    line = take_reference_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    if (!read_reference_field(*line, head)) return std::nullopt;
  }
  head.size = bytes.size() - rest.size();
  return head;
}

}  // namespace fairlead::codec::http1::test
