// Reads test/integration/http1-cases.json: raw bytes that clients may send and what must come of them. The same cases
// are for replay over sockets; here they run through the codec alone.
//
// Each case is an object: `raw` is text in which every character is one byte, or a list of such texts and of pairs of a
// text and how often it is repeated; `expect` lists the statuses of which the last answer must have one, or is "close"
// when there may be none; `upstream` counts the complete requests that may reach an upstream.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::codec::http1::test {

struct Case {
  std::string id;
  std::string row;
  std::string raw;
  std::vector<int> expect;  // empty: "close"
  int upstream = 0;
};

/// As much of JSON as the file needs; a file that is not what it should be gives no cases.
class CaseReader {
 public:
  explicit CaseReader(std::string text) : text_(std::move(text)) {}

  std::vector<Case> read() {
    std::vector<Case> cases;
    if (!take('[')) return cases;
    do {
      cases.push_back(read_case());
    } while (take(','));
    return take(']') ? cases : std::vector<Case>();
  }

 private:
  Case read_case() {
    Case result;
    take('{');
    do {
      const std::string key = read_text();
      take(':');
      if (key == "id") result.id = read_text();
      if (key == "row") result.row = read_text();
      if (key == "raw") result.raw = read_raw();
      if (key == "expect") result.expect = read_expect();
      if (key == "upstream") result.upstream = read_number();
      if (key == "note") read_text();
    } while (take(','));
    take('}');
    return result;
  }

  std::string read_raw() {
    if (peek() == '"') return read_text();
    std::string raw;
    take('[');
    do {
      if (peek() == '"') {
        raw += read_text();
        continue;
      }
      take('[');
      const std::string piece = read_text();
      take(',');
      for (int count = read_number(); count > 0; --count) raw += piece;
      take(']');
    } while (take(','));
    take(']');
    return raw;
  }

  std::vector<int> read_expect() {
    std::vector<int> statuses;
    if (peek() == '"') {
      read_text();
      return statuses;
    }
    take('[');
    do {
      statuses.push_back(read_number());
    } while (take(','));
    take(']');
    return statuses;
  }

  int read_number() {
    peek();
    int number = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') number = number * 10 + (text_[at_++] - '0');
    return number;
  }

  std::string read_text() {
    std::string result;
    if (!take('"')) return result;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      result += c == '\\' ? read_escape() : c;
    }
    take('"');
    return result;
  }

  char read_escape() {
    switch (const char c = text_[at_++]) {
      case 'r':
        return '\r';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'f':
        return '\f';
      case 'b':
        return '\b';
      case 'u':
        at_ += 4;
        return static_cast<char>(std::stoi(text_.substr(at_ - 4, 4), nullptr, 16));
      default:
        return c;
    }
  }

  char peek() {
    while (at_ < text_.size() && std::string_view(" \n\r\t").find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  std::string text_;
  std::size_t at_ = 0;
};

inline std::vector<Case> read_cases(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return CaseReader(text.str()).read();
}

}  // namespace fairlead::codec::http1::test
