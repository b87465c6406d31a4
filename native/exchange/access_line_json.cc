#include <time.h>

#include <algorithm>
#include <charconv>

#include "exchange/access_line.h"

namespace fairlead::exchange {
namespace {

/// Writes the members of one object; leaves out fields that the configuration drops.
class JsonLine {
 public:
  JsonLine(const wire::AccessLog& config, ByteBuffer& line) : config_(config), line_(line) { line_.push('{'); }

  void text(std::string_view key, std::string_view value) {
    if (begin(key)) quote(value);
  }
  void number(std::string_view key, std::uint64_t value) {
    if (begin(key)) append_number(line_, value);
  }
  /// RFC 3339 with nanoseconds, UTC.
  void time(std::string_view key, Nanos wall) {
    if (!begin(key)) return;
    const auto seconds = static_cast<time_t>(wall / kSecond);
    tm parts{};
    gmtime_r(&seconds, &parts);
    line_.push('"');
    line_.commit(strftime(line_.reserve(32), 32, "%Y-%m-%dT%H:%M:%S.", &parts));
    const std::uint64_t fraction = wall % kSecond;
    for (std::uint64_t unit = kSecond / 10; unit > 0; unit /= 10)
      line_.push(static_cast<char>('0' + fraction / unit % 10));
    line_.append("Z\"");
  }
  /// `<prefix><name>`, as the header modes say.
  void header(std::string_view prefix, std::string_view name, std::string_view value) {
    const std::uint8_t mode = header_mode(config_, name);
    if (mode == 0) return;
    separate();
    line_.push('"');
    line_.append(prefix);
    escape(name);
    line_.append("\":");
    quote(mode == 2 ? "REDACTED" : value);
  }
  /// Always kept: every line has them.
  void finish(Nanos wall) {
    separate();
    line_.append("\"level\":\"info\",\"msg\":\"\"");
    all_kept_ = true;
    time("time", wall);
    line_.append("}\n");
  }

 private:
  bool begin(std::string_view key) {
    if (!all_kept_ && !kept(key)) return false;
    separate();
    line_.push('"');
    line_.append(key);
    line_.append("\":");
    return true;
  }
  bool kept(std::string_view key) const {
    for (const wire::FieldMode& field : config_.fields) {
      if (field.name.view() == key) return field.mode != 0;
    }
    return config_.fields_default != 0;
  }
  void separate() {
    if (!first_) line_.push(',');
    first_ = false;
  }
  void quote(std::string_view text) {
    line_.push('"');
    escape(text);
    line_.push('"');
  }
  // Bytes outside ASCII come from clients and may be no UTF-8: they are written as the Latin-1 characters they would be.
  void escape(std::string_view text) {
    constexpr const char* kHex = "0123456789abcdef";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        line_.push('\\');
        line_.push(c);
      } else if (byte < 0x20 || byte >= 0x7f) {
        line_.append("\\u00");
        line_.push(kHex[byte >> 4]);
        line_.push(kHex[byte & 15]);
      } else {
        line_.push(c);
      }
    }
  }

  const wire::AccessLog& config_;
  ByteBuffer& line_;
  bool first_ = true;
  bool all_kept_ = false;
};

struct HostPort {
  std::string_view host;
  std::string_view port;
};

HostPort split(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return {authority, "-"};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

std::string_view server_address(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

void client_fields(JsonLine& json, const AccessRecord& record) {
  char port[8];
  const auto end = std::to_chars(port, port + sizeof(port), record.peer->client.port).ptr;
  const std::string_view port_text(port, static_cast<std::size_t>(end - port));
  char address[64];
  char* at = std::copy(record.peer->client_text.begin(), record.peer->client_text.end(), address);
  *at++ = ':';
  at = std::copy(port_text.begin(), port_text.end(), at);
  json.text("ClientAddr", {address, static_cast<std::size_t>(at - address)});
  json.text("ClientHost", record.peer->client_text);
  json.text("ClientPort", port_text);
  json.text("ClientUsername", record.user.empty() ? "-" : record.user);
}

void request_fields(JsonLine& json, const wire::AccessLog& config, const AccessRecord& record) {
  const codec::Request& request = *record.request;
  const HostPort host = split(request.authority);
  std::string_view target = request.target;
  if (config.drop_query) target = target.substr(0, target.find('?'));
  json.text("RequestAddr", request.authority);
  json.text("RequestHost", host.host);
  json.text("RequestPort", host.port);
  json.text("RequestMethod", request.method_text);
  json.text("RequestPath", target);
  json.text("RequestProtocol", request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1");
  json.text("RequestScheme", record.peer->scheme());
  json.number("RequestContentSize", record.request_bytes);
  json.number("RequestCount", record.request_count);
  json.text("RequestId", record.request_id);
}

void response_fields(JsonLine& json, const AccessRecord& record) {
  json.number("OriginDuration", record.origin_duration);
  json.number("OriginContentSize", record.origin_bytes);
  json.number("OriginStatus", record.origin_status);
  json.number("DownstreamStatus", record.status);
  json.number("DownstreamContentSize", record.response_bytes);
  json.number("Duration", record.duration);
  json.number("Overhead", record.duration - std::min(record.duration, record.origin_duration));
  json.number("RetryAttempts", record.retries);
  if (record.queue_duration != 0) json.number("QueueDuration", record.queue_duration);
  if (record.reason != Reason::kNone) json.text("Reason", reason_name(record.reason));
  if (!record.fault.empty()) json.text("Fault", record.fault);
}

}  // namespace

void append_json_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line) {
  JsonLine json(config, line);
  json.time("StartUTC", record.started);
  json.text("entryPointName", record.entry_point);
  json.text("RouterName", record.router);
  json.text("ServiceName", record.service);
  json.text("ServiceURL", record.server_url);
  json.text("ServiceAddr", server_address(record.server_url));
  client_fields(json, record);
  request_fields(json, config, record);
  response_fields(json, record);
  if (record.peer->tls) {
    json.text("TLSVersion", record.peer->tls_version);
    json.text("TLSCipher", record.peer->tls_cipher);
  }
  for (const codec::Header& header : record.request->headers) json.header("request_", header.name, header.value);
  if (record.response != nullptr) {
    for (const codec::Header& header : record.response->headers) json.header("downstream_", header.name, header.value);
  }
  json.finish(record.started + record.duration);
}

}  // namespace fairlead::exchange
