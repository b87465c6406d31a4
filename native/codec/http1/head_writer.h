// Heads as they are sent: everything is serialised anew, nothing is copied verbatim from the other side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "codec/message.h"

namespace fairlead::codec::http1 {

/// What a request head says beyond the message.
struct RequestTarget {
  std::string_view host;
  /// In front of the path, or empty.
  std::string_view path_prefix;
};

/// How the end of a response body is told to the client.
struct ResponseFraming {
  BodyKind kind = BodyKind::kLength;
  std::uint64_t length = 0;
  /// The response answers a HEAD or is a 304: its Content-Length describes what a GET would have brought.
  bool keeps_length_field = false;
  /// HTTP/1.0 clients need to be told that the connection stays, HTTP/1.1 clients that it does not.
  std::uint8_t client_minor_version = 1;
  bool keep_alive = true;
};

/// Copies `text` to `at`; returns the end.
inline char* put(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// Bytes that write_request_head() may need at most.
std::size_t request_head_bound(const Request& request, const RequestTarget& target);
/// Writes the head and its empty line; returns the end. Hop-by-hop fields (RFC 9110 section 7.6.1) are left out and the
/// body is framed by `request.body`.
char* write_request_head(char* at, const Request& request, const RequestTarget& target);

/// Bytes that write_response_head() may need at most.
std::size_t response_head_bound(const Response& response);
/// `date` is used when the response has no Date of its own.
char* write_response_head(char* at, const Response& response, const ResponseFraming& framing, std::string_view date);
/// An interim head (1xx): status line and fields, no framing.
char* write_interim_head(char* at, const Response& response);

/// Room for the line in front of a chunk: 16 digits and CRLF.
inline constexpr std::size_t kChunkLineBytes = 18;
/// Writes the size line of a chunk; returns the end.
char* write_chunk_line(char* at, std::uint64_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
/// Writes a whole chunk: its line, `data` and the line end; returns the end. Empty data would make it the last one.
inline char* put_chunk(char* at, std::string_view data) {
  return put(put(write_chunk_line(at, data.size()), data), kChunkEnd);
}

/// Bytes of the last chunk with its trailers, at most; and the writer.
std::size_t trailers_bound(const Headers& trailers);
char* write_trailers(char* at, const Headers& trailers);

}  // namespace fairlead::codec::http1
