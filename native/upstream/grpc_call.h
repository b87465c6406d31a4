// One call of grpc.health.v1.Health/Check as bytes of HTTP/2, without a connection: framing is nghttp2's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "upstream/probe.h"

struct nghttp2_session;

namespace fairlead::upstream {

class GrpcCall {
 public:
  GrpcCall(std::string_view authority, bool tls);
  ~GrpcCall();
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;

  /// What is to be sent next; valid until the next call of a function. Empty: nothing for now.
  std::string_view output();
  /// What the server has sent. False when it breaks the rules of HTTP/2.
  bool input(std::string_view bytes);
  /// The answer is complete, or there will be none.
  bool done() const;
  ProbeResult verdict() const;

 private:
  // An answer has a few bytes, and fields as far as nghttp2 takes them.
  static constexpr std::size_t kMostBody = 4096;
  struct Callbacks;

  ProbeResult failed(std::string error) const { return {false, std::move(error), false}; }
  std::string grpc_error() const;

  nghttp2_session* session_ = nullptr;
  std::int32_t stream_ = 0;
  bool asked_ = false;  // the body of the request has been given out
  bool done_ = false;
  std::string status_;
  std::string grpc_status_;
  std::string grpc_message_;
  std::string body_;
};

}  // namespace fairlead::upstream
