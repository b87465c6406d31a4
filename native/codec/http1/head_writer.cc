#include "codec/http1/head_writer.h"

#include <charconv>
#include <cstring>

#include "codec/status_text.h"

namespace fairlead::codec::http1 {
namespace {

// Status line, Content-Length, Connection, Upgrade, Date and the like, with their largest values.
constexpr std::size_t kFixedBytes = 256;

char* put_field(char* at, std::string_view name, std::string_view value) {
  at = put(at, name);
  at = put(at, ": ");
  at = put(at, value);
  return put(at, "\r\n");
}

/// Writes fields one after the other. Those that follow each other in a received head, unchanged, are copied in one run.
class FieldWriter {
 public:
  explicit FieldWriter(char* at) : at_(at) {}

  void add(const Header& header) {
    const char* const name = header.name.data();
    const char* const value = header.value.data();
    // Whoever gives a field another name or value does not look at is_line. A value cannot hold a CR, so the one behind
    // it proves that it is as long as it was.
    const bool stands = header.is_line && name + header.name.size() + 2 == value && value[header.value.size()] == '\r';
    if (!stands) {
      at_ = put_field(end(), header.name, header.value);
      return;
    }
    if (name != run_end_) {
      at_ = end();
      run_ = name;
    }
    run_end_ = value + header.value.size() + 2;
  }
  /// Behind what has been written.
  char* end() {
    at_ = put(at_, {run_, static_cast<std::size_t>(run_end_ - run_)});
    run_ = run_end_ = nullptr;
    return at_;
  }

 private:
  char* at_;
  const char* run_ = nullptr;
  const char* run_end_ = nullptr;
};

char* put_number(char* at, std::uint64_t number) { return std::to_chars(at, at + 20, number).ptr; }

char* put_length(char* at, std::uint64_t length) {
  at = put(at, "Content-Length: ");
  at = put_number(at, length);
  return put(at, "\r\n");
}

std::size_t fields_bound(const Headers& headers) {
  std::size_t bytes = 0;
  for (const Header& header : headers) bytes += header.name.size() + header.value.size() + 4;
  return bytes;
}

/// Fields that belong to one hop, and those that frame the message and are written anew.
bool is_hop_by_hop(HeaderId id) {
  switch (id) {
    case HeaderId::kConnection:
    case HeaderId::kContentLength:
    case HeaderId::kTransferEncoding:
    case HeaderId::kTe:
    case HeaderId::kUpgrade:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kProxyAuthenticate:
    case HeaderId::kProxyAuthorization:
      return true;
    default:
      return false;
  }
}

/// HTTP2-Settings accompanies an upgrade to h2c, which is never passed on (RFC 9113 section 3.1).
bool is_http2_settings(const Header& header) {
  constexpr std::string_view kName = "HTTP2-Settings";
  return header.name.size() == kName.size() && ascii::equals_ignoring_case(header.name, kName);
}

/// True when a Connection field of `headers` names `header`.
bool is_connection_option(const Headers& headers, const Header& header) {
  if (header.id == HeaderId::kDate || header.id == HeaderId::kSetCookie) return false;
  for (const Header& field : headers) {
    if (field.id == HeaderId::kConnection && ascii::list_has(field.value, header.name)) return true;
  }
  return false;
}

bool expects_body(Method method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kPatch;
}

char* put_request_framing(char* at, const Request& request) {
  switch (request.body) {
    case BodyKind::kLength:
      return put_length(at, request.content_length);
    case BodyKind::kChunked:
    case BodyKind::kUntilClose:
      return put(at, "Transfer-Encoding: chunked\r\n");
    case BodyKind::kNone:
      // RFC 9110 section 8.6: a method that anticipates content says that there is none.
      return expects_body(request.method) && !request.wants_upgrade ? put_length(at, 0) : at;
  }
  return at;
}

char* put_status_line(char* at, const Response& response) {
  at = put(at, "HTTP/1.1 ");
  at = put_number(at, response.status);
  at = put(at, " ");
  at = put(at, response.reason.empty() ? status_text(response.status) : response.reason);
  return put(at, "\r\n");
}

/// `kind` is how the body is sent: an HTTP/1.0 client that gets no chunks gets no trailers either.
char* put_response_fields(char* at, const Response& response, BodyKind kind, bool keeps_length) {
  const bool has_options = response.headers.find(HeaderId::kConnection) != nullptr;
  FieldWriter fields(at);
  for (const Header& header : response.headers) {
    if (is_hop_by_hop(header.id)) {
      if (header.id != HeaderId::kContentLength || !keeps_length) continue;
    } else if (header.id == HeaderId::kTrailer && kind != BodyKind::kChunked) {
      continue;
    } else if (has_options && is_connection_option(response.headers, header)) {
      continue;
    }
    fields.add(header);
  }
  return fields.end();
}

char* put_upgrade(char* at, const Headers& headers) {
  at = put(at, "Connection: Upgrade\r\n");
  return put_field(at, "Upgrade", headers.first(HeaderId::kUpgrade));
}

}  // namespace

std::size_t request_head_bound(const Request& request, const RequestTarget& target) {
  return kFixedBytes + request.method_text.size() + target.path_prefix.size() + request.path.size() +
         request.query.size() + target.host.size() + request.upgrade.size() + fields_bound(request.headers);
}

char* write_request_head(char* at, const Request& request, const RequestTarget& target) {
  at = put(at, request.method_text);
  at = put(at, " ");
  at = put(at, target.path_prefix);
  at = put(at, request.path);
  if (request.has_query) {
    at = put(at, "?");
    at = put(at, request.query);
  }
  at = put(at, " HTTP/1.1\r\n");
  at = put_field(at, "Host", target.host);
  FieldWriter fields(at);
  for (const Header& header : request.headers) {
    if (header.id == HeaderId::kHost || is_hop_by_hop(header.id)) continue;
    if (header.id == HeaderId::kTrailer && request.body != BodyKind::kChunked) continue;
    if (header.id == HeaderId::kExpect && !request.expects_continue) continue;
    if (is_http2_settings(header)) continue;
    fields.add(header);
  }
  at = fields.end();
  if (request.accepts_trailers) at = put(at, "TE: trailers\r\n");
  if (request.wants_upgrade) {
    at = put(at, "Connection: Upgrade\r\n");
    at = put_field(at, "Upgrade", request.upgrade);
  }
  at = put_request_framing(at, request);
  return put(at, "\r\n");
}

std::size_t response_head_bound(const Response& response) {
  return kFixedBytes + response.reason.size() + fields_bound(response.headers);
}

char* write_response_head(char* at, const Response& response, const ResponseFraming& framing, std::string_view date) {
  at = put_status_line(at, response);
  at = put_response_fields(at, response, framing.kind, framing.keeps_length_field);
  if (response.headers.find(HeaderId::kDate) == nullptr) at = put_field(at, "Date", date);
  if (response.status == 101) return put(put_upgrade(at, response.headers), "\r\n");
  if (framing.kind == BodyKind::kLength) at = put_length(at, framing.length);
  if (framing.kind == BodyKind::kChunked) at = put(at, "Transfer-Encoding: chunked\r\n");
  if (!framing.keep_alive) {
    at = put(at, "Connection: close\r\n");
  } else if (framing.client_minor_version == 0) {
    at = put(at, "Connection: keep-alive\r\n");
  }
  return put(at, "\r\n");
}

char* write_interim_head(char* at, const Response& response) {
  at = put_status_line(at, response);
  at = put_response_fields(at, response, BodyKind::kNone, false);
  return put(at, "\r\n");
}

char* write_chunk_line(char* at, std::uint64_t size) {
  at = std::to_chars(at, at + 16, size, 16).ptr;
  return put(at, "\r\n");
}

std::size_t trailers_bound(const Headers& trailers) { return 8 + fields_bound(trailers); }

char* write_trailers(char* at, const Headers& trailers) {
  at = put(at, "0\r\n");
  for (const Header& trailer : trailers) at = put_field(at, trailer.name, trailer.value);
  return put(at, "\r\n");
}

}  // namespace fairlead::codec::http1
