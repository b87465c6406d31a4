// The protocol-neutral request and response that every layer above the codec works on.
//
// All texts are views: into the receive buffer of the message (held for the whole exchange), into the exchange's arena,
// or into the snapshot. Names keep the spelling they were received in; comparisons ignore ASCII case.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/ascii.h"
#include "net/address.h"

namespace fairlead::codec {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kConnect, kOptions, kTrace, kPatch, kOther };

/// The method of a request line; methods are case-sensitive (RFC 9110 section 9.1).
Method method_of(std::string_view text);
/// RFC 9110 section 9.2.2.
constexpr bool is_idempotent(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kPut || method == Method::kDelete ||
         method == Method::kOptions || method == Method::kTrace;
}

/// Header fields the proxy itself looks at, so that they are found without comparing names.
enum class HeaderId : std::uint8_t {
  kOther,
  kHost,
  kConnection,
  kContentLength,
  kTransferEncoding,
  kTe,
  kTrailer,
  kUpgrade,
  kExpect,
  kKeepAlive,
  kProxyConnection,
  kProxyAuthenticate,
  kProxyAuthorization,
  kDate,
  kServer,
  kContentType,
  kContentEncoding,
  kAcceptEncoding,
  kVary,
  kOrigin,
  kAuthorization,
  kCookie,
  kSetCookie,
  kUserAgent,
  kReferer,
  kRange,
  kLocation,
  kAccept,
  kForwardedFor,  // X-Forwarded-For and friends
  kForwardedProto,
  kForwardedHost,
  kForwardedPort,
  kForwardedServer,
  kForwardedOther,  // X-Forwarded-Uri, -Method, -Prefix, -Scheme, -Tls-Client-Cert(-Info), X-Scheme
  kRealIp,
  kRequestId,  // X-Request-Id
  kCount
};

/// Looks a name up, ignoring case.
HeaderId header_id(std::string_view name);
/// The id `name` would have if its underscores were dashes: servers that turn names into environment variables cannot
/// tell `X_Real_Ip` from `X-Real-Ip`. kOther when it has no underscore or is no such alias.
HeaderId alias_id(std::string_view name);

struct Header {
  std::string_view name;
  std::string_view value;
  HeaderId id = HeaderId::kOther;
  /// As it was received, the field stands in its buffer as it is written: "name: value" and CRLF.
  bool is_line = false;
};

/// An ordered list of fields whose storage is carved from an arena. Removing keeps the order.
class Headers {
 public:
  explicit Headers(Arena& arena) : arena_(&arena) {}

  const Header* begin() const { return fields_; }
  const Header* end() const { return fields_ + size_; }
  Header* begin() { return fields_; }
  Header* end() { return fields_ + size_; }
  std::size_t size() const { return size_; }

  void add(std::string_view name, std::string_view value) { add(Header{name, value, header_id(name)}); }
  void add(const Header& header) {
    if (size_ == capacity_) grow();
    fields_[size_++] = header;
  }
  /// Room for one more field, which becomes the last with take_next(): a parser fills it in place.
  Header& next() {
    if (size_ == capacity_) grow();
    return fields_[size_];
  }
  void take_next() { ++size_; }
  /// Replaces every field of that name by one; keeps the position of the first.
  void set(std::string_view name, std::string_view value);
  /// Removes every field of that name; returns how many there were.
  std::size_t remove(std::string_view name);
  std::size_t remove(HeaderId id);
  /// The first field of that name or null.
  const Header* find(std::string_view name) const;
  const Header* find(HeaderId id) const;
  /// Value of the first field, or an empty view.
  std::string_view first(std::string_view name) const;
  std::string_view first(HeaderId id) const;
  /// Values of all fields of that name joined by ", "; a single value is returned as it is.
  std::string_view joined(std::string_view name) const;
  void clear() { size_ = 0; }
  Arena& arena() const { return *arena_; }

  /// Removes the fields for which `drop(header)` holds.
  template <class Predicate>
  std::size_t remove_if(Predicate drop) {
    Header* to = fields_;
    for (Header* from = fields_; from != fields_ + size_; ++from) {
      if (drop(static_cast<const Header&>(*from))) continue;
      if (to != from) *to = *from;
      ++to;
    }
    const auto removed = static_cast<std::size_t>(fields_ + size_ - to);
    size_ -= removed;
    return removed;
  }

 private:
  void grow();

  Arena* arena_;
  Header* fields_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// How the end of a body is known (RFC 9112 section 6.3). Decided once, by the parser.
enum class BodyKind : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

struct Request {
  explicit Request(Arena& arena) : headers(arena) {}

  Method method = Method::kGet;
  /// 0 or 1; HTTP/2 and later count as 1.
  std::uint8_t minor_version = 1;
  BodyKind body = BodyKind::kNone;
  bool keep_alive = true;
  bool expects_continue = false;
  bool has_query = false;
  /// `Connection: upgrade` with an Upgrade field that is forwarded; its value is `upgrade`.
  bool wants_upgrade = false;
  /// The client announced `TE: trailers`.
  bool accepts_trailers = false;
  /// A headers middleware emptied X-Forwarded-For: the client's address is not appended to it.
  bool omits_forwarded_for = false;
  std::uint64_t content_length = 0;

  std::string_view method_text;
  /// For logs: path and query in normal form, as the client asked for them; of a refused head the target as received.
  std::string_view target;
  /// Escaped path in normal form; starts with '/' (or is "*" for OPTIONS *). What is forwarded.
  std::string_view path;
  /// Without '?'.
  std::string_view query;
  /// `path` with every escape decoded but those of reserved characters; what rules see.
  std::string_view routing_path;
  /// Host and port as received (absolute-form wins over Host).
  std::string_view authority;
  /// Lower case, without port, without trailing dot; empty when there was none.
  std::string_view host;
  /// Where CNAME records lead to from `host`: rules take either. Empty when that is nowhere else, or nobody has asked.
  std::string_view flattened_host;
  std::string_view upgrade;
  Headers headers;
};

struct Response {
  explicit Response(Arena& arena) : headers(arena) {}

  std::uint16_t status = 0;
  std::uint8_t minor_version = 1;
  BodyKind body = BodyKind::kNone;
  /// The sender allows the connection to be used again.
  bool keep_alive = true;
  std::uint64_t content_length = 0;
  std::string_view reason;
  Headers headers;
};

/// What is known of the connection a request came on. Lives as long as the connection.
struct Peer {
  net::Endpoint client;
  /// Text of client.ip, without zone.
  std::string_view client_text;
  bool tls = false;
  /// "1.3"; empty on clear text.
  std::string_view tls_version;
  std::string_view tls_cipher;
  /// Hash of the name of the TLS options under which the handshake was made; it means the same after a reload.
  std::uint64_t tls_options = 0;
  std::string_view scheme() const { return tls ? "https" : "http"; }
};

}  // namespace fairlead::codec
