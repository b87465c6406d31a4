#include "base/json.h"

namespace fairlead {

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  json_ += ':';
  follows_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  separate();
  json_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  json_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  json_ += json;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  json_ += bracket;
  follows_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  json_ += bracket;
  follows_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (follows_) json_ += ',';
  follows_ = true;
}

void JsonWriter::quote(std::string_view text) {
  constexpr const char* kHex = "0123456789abcdef";
  json_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json_ += '\\';
      json_ += c;
    } else if (byte < 0x20) {
      json_ += "\\u00";
      json_ += kHex[byte >> 4];
      json_ += kHex[byte & 15];
    } else {
      json_ += c;
    }
  }
  json_ += '"';
}

}  // namespace fairlead
