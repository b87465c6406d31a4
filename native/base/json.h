// Writes JSON, for answers about the proxy. Not for the path of a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead {

/// One JSON text under construction. The caller closes what it opens.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  /// The key of the next value, in an object.
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& boolean(bool value);
  /// `json` is JSON already.
  JsonWriter& raw(std::string_view json);

  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& number(std::string_view name, std::uint64_t value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }

  std::string take() { return std::move(json_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  void quote(std::string_view text);

  std::string json_;
  /// The next value follows another one in the same object or array.
  bool follows_ = false;
};

}  // namespace fairlead
