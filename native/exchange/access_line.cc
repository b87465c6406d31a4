#include "exchange/access_line.h"

#include <time.h>

#include <algorithm>
#include <charconv>

namespace fairlead::exchange {
namespace {

/// dd/Mon/yyyy:HH:MM:SS +0000
void append_clf_time(ByteBuffer& line, Nanos wall) {
  const auto seconds = static_cast<time_t>(wall / kSecond);
  tm parts{};
  gmtime_r(&seconds, &parts);
  line.commit(strftime(line.reserve(40), 40, "%d/%b/%Y:%H:%M:%S +0000", &parts));
}

/// Text that a terminal and a parser of lines can take: quotes, backslashes, controls and bytes outside ASCII escaped
/// (0x9b starts a control sequence; nginx escapes the same).
void append_escaped(ByteBuffer& line, std::string_view text) {
  constexpr const char* kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line.push('\\');
      line.push(c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      line.append("\\x");
      line.push(kHex[byte >> 4]);
      line.push(kHex[byte & 15]);
    } else {
      line.push(c);
    }
  }
}

void append_quoted(ByteBuffer& line, std::string_view text) {
  line.push('"');
  append_escaped(line, text.empty() ? "-" : text);
  line.push('"');
}

std::string_view logged_header(const wire::AccessLog& config, const codec::Request& request, codec::HeaderId id,
                               std::string_view name) {
  const std::uint8_t mode = header_mode(config, name);
  if (mode == 0) return {};
  const std::string_view value = request.headers.first(id);
  return mode == 2 && !value.empty() ? "REDACTED" : value;
}

void append_request_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line) {
  const codec::Request& request = *record.request;
  line.append(" \"");
  append_escaped(line, request.method_text.empty() ? "-" : request.method_text);
  line.push(' ');
  std::string_view target = request.target.empty() ? "-" : request.target;
  if (config.drop_query) target = target.substr(0, target.find('?'));
  append_escaped(line, target);
  line.append(request.minor_version == 0 ? " HTTP/1.0\" " : " HTTP/1.1\" ");
}

/// The column is not quoted, so what would end it is replaced.
void append_user(ByteBuffer& line, std::string_view user) {
  if (user.empty()) line.push('-');
  for (const char c : user) line.push(c > ' ' && c != '"' && c != 0x7f ? c : '_');
}

bool passes_filters(const wire::AccessLog& config, const AccessRecord& record) {
  if (record.internal && !config.add_internals) return false;
  const bool filtered = !config.status_codes.empty() || config.retry_attempts || config.min_duration > 0;
  if (!filtered) return true;
  const bool status =
      std::any_of(config.status_codes.begin(), config.status_codes.end(),
                  [&](const wire::StatusRange& r) { return record.status >= r.from && record.status <= r.to; });
  return status || (config.retry_attempts && record.retries > 0) ||
         (config.min_duration > 0 && record.duration > config.min_duration);
}

}  // namespace

void append_number(ByteBuffer& line, std::uint64_t number) {
  char* const at = line.reserve(20);
  line.commit(static_cast<std::size_t>(std::to_chars(at, at + 20, number).ptr - at));
}

std::uint8_t header_mode(const wire::AccessLog& config, std::string_view name) {
  for (const wire::FieldMode& field : config.headers) {
    if (ascii::equals_ignoring_case(field.name, name)) return field.mode;
  }
  return config.headers_default;
}

void append_common_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line) {
  constexpr std::uint8_t kGenericClf = 1;
  line.append(record.peer->client_text);
  line.append(" - ");
  append_user(line, record.user);
  line.append(" [");
  append_clf_time(line, record.started);
  line.push(']');
  append_request_line(config, record, line);
  append_number(line, record.status);
  line.push(' ');
  append_number(line, record.response_bytes);
  line.push(' ');
  append_quoted(line, logged_header(config, *record.request, codec::HeaderId::kReferer, "Referer"));
  line.push(' ');
  append_quoted(line, logged_header(config, *record.request, codec::HeaderId::kUserAgent, "User-Agent"));
  if (config.format != kGenericClf) {
    line.push(' ');
    append_number(line, record.request_count);
    line.push(' ');
    append_quoted(line, record.router);
    line.push(' ');
    append_quoted(line, record.server_url);
    line.push(' ');
    append_number(line, record.duration / kMillisecond);
    line.append("ms");
  }
  line.push('\n');
}

bool format_access_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line) {
  constexpr std::uint8_t kJson = 2;
  if (!passes_filters(config, record)) return false;
  if (config.format == kJson) {
    append_json_line(config, record, line);
  } else {
    append_common_line(config, record, line);
  }
  return true;
}

}  // namespace fairlead::exchange
