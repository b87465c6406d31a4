#include "upstream/grpc_call.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace fairlead::upstream {
namespace {

/// An empty HealthCheckRequest, the server as a whole: no compression, no bytes (gRPC over HTTP2, "Length-Prefixed-Message").
constexpr std::string_view kQuestion("\0\0\0\0\0", 5);
constexpr std::size_t kPrefix = 5;

/// HealthCheckResponse.ServingStatus.
constexpr std::array<std::string_view, 4> kServing = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
constexpr std::array<std::string_view, 17> kCodes = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

/// Reads a varint at the front of `bytes` and takes it off. False when there is none.
bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

/// Takes off a field that is none of ours.
bool skip_field(std::string_view& bytes, std::uint64_t wire_type) {
  std::uint64_t size = 0;
  switch (wire_type) {
    case 0:
      return take_varint(bytes, size);
    case 1:
      size = 8;
      break;
    case 2:
      if (!take_varint(bytes, size)) return false;
      break;
    case 5:
      size = 4;
      break;
    default:
      return false;
  }
  if (size > bytes.size()) return false;
  bytes.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

/// Field 1 of a HealthCheckResponse, 0 when it has none; kServing.size() when it is no such message.
std::uint64_t serving_status(std::string_view message) {
  std::uint64_t status = 0;
  while (!message.empty()) {
    std::uint64_t tag = 0;
    if (!take_varint(message, tag)) return kServing.size();
    const bool ours = tag == (1 << 3);
    if (ours ? !take_varint(message, status) : !skip_field(message, tag & 7)) return kServing.size();
  }
  return status;
}

/// The one message of an answer. False when there is not exactly one, or it is compressed, which we have not offered.
bool take_message(std::string_view body, std::string_view& message) {
  if (body.size() < kPrefix || body[0] != 0) return false;
  std::uint32_t size = 0;
  for (std::size_t i = 1; i < kPrefix; ++i) size = size << 8 | static_cast<unsigned char>(body[i]);
  message = body.substr(kPrefix);
  return message.size() == size;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct GrpcCall::Callbacks {
  static GrpcCall& self(void* user) { return *static_cast<GrpcCall*>(user); }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                           nghttp2_data_source*, void* user) {
    GrpcCall& call = self(user);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (std::exchange(call.asked_, true) || room < kQuestion.size()) return 0;
    std::memcpy(into, kQuestion.data(), kQuestion.size());
    return static_cast<ssize_t>(kQuestion.size());
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    GrpcCall& call = self(user);
    if (frame->hd.stream_id != call.stream_) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":status") call.status_ = text;
    if (key == "grpc-status") call.grpc_status_ = text;
    if (key == "grpc-message") call.grpc_message_ = text.substr(0, 256);
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size,
                     void* user) {
    GrpcCall& call = self(user);
    if (call.body_.size() + size > kMostBody) return NGHTTP2_ERR_CALLBACK_FAILURE;
    call.body_.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    GrpcCall& call = self(user);
    if (stream != call.stream_) return 0;
    call.done_ = true;
    return 0;
  }
};

GrpcCall::GrpcCall(std::string_view authority, bool tls) {
  nghttp2_session_callbacks* callbacks = nullptr;
  FAIRLEAD_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  FAIRLEAD_CHECK(nghttp2_session_client_new(&session_, callbacks, this) == 0);
  nghttp2_session_callbacks_del(callbacks);

  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
  FAIRLEAD_CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 1) == 0);
  const nghttp2_nv fields[] = {
      field(":method", "POST"),
      field(":scheme", tls ? "https" : "http"),
      field(":path", "/grpc.health.v1.Health/Check"),
      field(":authority", authority),
      field("content-type", "application/grpc"),
      field("te", "trailers"),
      field("user-agent", kProbeAgent),
  };
  nghttp2_data_provider body{};
  body.read_callback = Callbacks::read_body;
  stream_ = nghttp2_submit_request(session_, nullptr, fields, std::size(fields), &body, nullptr);
  FAIRLEAD_CHECK(stream_ > 0);
}

GrpcCall::~GrpcCall() { nghttp2_session_del(session_); }

std::string_view GrpcCall::output() {
  const std::uint8_t* bytes = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
  if (size <= 0) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool GrpcCall::input(std::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return taken == static_cast<ssize_t>(bytes.size());
}

/// Also after a GOAWAY of either side, when nothing more is said.
bool GrpcCall::done() const {
  return done_ || (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

/// In the order in which a client would notice.
ProbeResult GrpcCall::verdict() const {
  if (status_.empty()) return failed("no answer: the call was reset");
  if (status_ != "200") return failed("status " + status_);
  if (grpc_status_.empty()) return failed("no grpc-status in the answer");
  if (grpc_status_ != "0") return failed(grpc_error());
  std::string_view message;
  if (!take_message(body_, message)) return failed("no HealthCheckResponse in the answer");
  const std::uint64_t serving = serving_status(message);
  if (serving == 1) return {true, {}, false};
  return failed(serving < kServing.size() ? std::string(kServing[static_cast<std::size_t>(serving)])
                                          : "an unknown status of health");
}

std::string GrpcCall::grpc_error() const {
  unsigned code = 0;
  const char* const end = grpc_status_.data() + grpc_status_.size();
  const bool known = std::from_chars(grpc_status_.data(), end, code).ptr == end && code < kCodes.size();
  std::string text = "gRPC status ";
  text.append(known ? kCodes[code] : std::string_view(grpc_status_));
  if (!grpc_message_.empty()) text.append(": ").append(grpc_message_);
  return text;
}

}  // namespace fairlead::upstream
