#include "codec/authority.h"
#include "codec/http1/head_reader.h"
#include "codec/scan.h"

namespace fairlead::codec::http1 {
namespace {

// Longer than any registered method (BASELINE-CONTROL), so that bytes which are no HTTP are refused at once.
constexpr std::size_t kLongestMethod = 32;
constexpr std::string_view kEmptyLine = "\r\n";

/// What one request head says, collected line by line.
class RequestHead {
 public:
  RequestHead(const HeadLimits& limits, Request& request, HeadFault& fault)
      : limits_(limits), request_(request), fault_(fault) {
    request_.headers.clear();
    request_.upgrade = request_.authority = request_.host = {};
    request_.expects_continue = request_.accepts_trailers = request_.wants_upgrade = false;
  }

  ParseOutcome parse(Cursor& cursor) {
    begin_ = cursor.begin;
    ParseOutcome outcome = take_empty_line(cursor);
    if (outcome == ParseOutcome::kComplete) outcome = parse_line(cursor);
    if (outcome != ParseOutcome::kComplete) return outcome;
    if (const HeadFault fault = split_target(); fault != HeadFault::kNone) return refuse(fault_, fault);
    outcome = parse_fields(cursor, limits_.max_fields, request_.headers, fault_,
                           [this](const Header& field) { return note(field); });
    if (outcome != ParseOutcome::kComplete) return outcome;
    const HeadFault fault = finish();
    return fault == HeadFault::kNone ? outcome : refuse(fault_, fault);
  }

 private:
  /// RFC 9112 section 2.2: one is ignored, for clients that put one behind a POST.
  ParseOutcome take_empty_line(Cursor& cursor) {
    if (cursor.left() == 0) return ParseOutcome::kIncomplete;
    if (*cursor.at != '\r') return ParseOutcome::kComplete;
    if (cursor.left() == 1) return ParseOutcome::kIncomplete;
    if (cursor.at[1] != '\n') return refuse(fault_, HeadFault::kBareCarriageReturn);
    cursor.at += kEmptyLine.size();
    if (cursor.left() == 0) return ParseOutcome::kIncomplete;
    return *cursor.at == '\r' ? refuse(fault_, HeadFault::kEmptyLines) : ParseOutcome::kComplete;
  }

  /// method SP request-target SP HTTP-version CRLF
  ParseOutcome parse_line(Cursor& cursor) {
    const char* const line = cursor.at;
    ParseOutcome outcome = parse_method(cursor);
    if (outcome == ParseOutcome::kComplete) outcome = parse_target(cursor);
    if (outcome != ParseOutcome::kComplete) return outcome;
    if (cursor.left() < kVersionBytes) return partial_version(cursor);
    const HeadFault fault = parse_version(cursor.at, request_.minor_version);
    if (fault != HeadFault::kNone) return refuse(fault_, fault);
    cursor.at += kVersionBytes;
    outcome = take_line_end(cursor, fault_, HeadFault::kVersionMalformed);
    if (outcome != ParseOutcome::kComplete) return outcome;
    if (static_cast<std::size_t>(cursor.at - line) > limits_.max_line_bytes) {
      return refuse(fault_, HeadFault::kRequestLineTooLong);
    }
    return outcome;
  }

  ParseOutcome parse_method(Cursor& cursor) {
    const char* const method = cursor.at;
    const char* const limit = method + std::min(cursor.left(), kLongestMethod + 1);
    const char* const stop = skip_token(cursor.begin, method, limit);
    if (stop == cursor.end) return ParseOutcome::kIncomplete;
    if (stop == limit || stop == method || *stop != ' ') {
      return refuse(fault_, stop != limit && *stop == '\n' ? HeadFault::kBareLineFeed : HeadFault::kMethodMalformed);
    }
    request_.method_text = {method, static_cast<std::size_t>(stop - method)};
    request_.method = method_of(request_.method_text);
    if (request_.method == Method::kConnect) return refuse(fault_, HeadFault::kConnectRefused);
    cursor.at = stop + 1;
    return ParseOutcome::kComplete;
  }

  ParseOutcome parse_target(Cursor& cursor) {
    const char* const target = cursor.at;
    const char* const stop = skip_visible(cursor.begin, target, cursor.end);
    if (stop == cursor.end) return ParseOutcome::kIncomplete;
    if (*stop == '\n') return refuse(fault_, HeadFault::kBareLineFeed);
    // HTTP/0.9 has no version.
    if (*stop == '\r' && stop != target) return refuse(fault_, HeadFault::kVersionMalformed);
    if (*stop != ' ' || stop == target) return refuse(fault_, HeadFault::kTargetMalformed);
    request_.target = {target, static_cast<std::size_t>(stop - target)};
    cursor.at = stop + 1;
    return ParseOutcome::kComplete;
  }

  ParseOutcome partial_version(const Cursor& cursor) {
    constexpr std::string_view kStart = "HTTP/";
    const std::string_view have(cursor.at, std::min(cursor.left(), kStart.size()));
    const bool may_become = kStart.starts_with(have) && std::memchr(cursor.at, '\n', cursor.left()) == nullptr;
    return may_become ? ParseOutcome::kIncomplete : refuse(fault_, HeadFault::kVersionMalformed);
  }

  /// RFC 9112 section 3.2: origin-form, asterisk-form or absolute-form.
  HeadFault split_target() {
    const std::string_view target = request_.target;
    if (target.front() == '/') return split_path(target);
    if (target != "*") return split_absolute(target);
    if (request_.method != Method::kOptions) return HeadFault::kAsteriskMisused;
    return split_path(target);
  }

  HeadFault split_path(std::string_view text) {
    const std::size_t mark = text.find('?');
    request_.has_query = mark != std::string_view::npos;
    request_.path = text.substr(0, mark);
    request_.query = request_.has_query ? text.substr(mark + 1) : std::string_view();
    return HeadFault::kNone;
  }

  HeadFault split_absolute(std::string_view target) {
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos) return HeadFault::kTargetMalformed;
    const std::string_view scheme = target.substr(0, colon);
    if (!ascii::equals_ignoring_case(scheme, "http") && !ascii::equals_ignoring_case(scheme, "https")) {
      return HeadFault::kTargetScheme;
    }
    target.remove_prefix(colon + 3);
    const std::size_t authority_end = target.find_first_of("/?#");
    const HeadFault fault = use_authority(target.substr(0, authority_end));
    if (fault != HeadFault::kNone) return fault;
    const std::string_view rest = authority_end == std::string_view::npos ? "" : target.substr(authority_end);
    if (rest.starts_with('#')) return HeadFault::kTargetFragment;
    split_path(rest);
    // RFC 9112 sections 3.2.1 and 3.2.4.
    if (request_.path.empty()) request_.path = request_.method == Method::kOptions && rest.empty() ? "*" : "/";
    return HeadFault::kNone;
  }

  HeadFault use_authority(std::string_view text) {
    Authority authority;
    if (!parse_authority(text, begin_, authority)) return HeadFault::kHostMalformed;
    request_.host = authority.host;
    // "a:" names the default port, as "a" does.
    request_.authority = text.substr(0, text.size() - (text.ends_with(':') ? 1 : 0));
    return HeadFault::kNone;
  }

  HeadFault note(const Header& field) {
    switch (field.id) {
      case HeaderId::kHost:
        return note_host(field.value);
      case HeaderId::kExpect:
        return note_expectation(field.value);
      case HeaderId::kTe:
        request_.accepts_trailers |= ascii::list_has(field.value, "trailers");
        return HeadFault::kNone;
      case HeaderId::kUpgrade:
        repeats_upgrade_ = has_upgrade_;
        has_upgrade_ = true;
        request_.upgrade = field.value;
        return HeadFault::kNone;
      default:
        return framing_.add(field);
    }
  }

  HeadFault note_host(std::string_view value) {
    if (has_host_) return HeadFault::kHostRepeated;
    has_host_ = true;
    if (request_.authority.empty()) return use_authority(value);
    replaces_host_ = true;
    Authority ignored;
    return parse_authority(value, ignored) ? HeadFault::kNone : HeadFault::kHostMalformed;
  }

  /// RFC 9110 section 10.1.1; HTTP/1.0 has no expectations.
  HeadFault note_expectation(std::string_view value) {
    if (request_.minor_version == 0) return HeadFault::kNone;
    request_.expects_continue = ascii::equals_ignoring_case(value, "100-continue");
    return request_.expects_continue ? HeadFault::kNone : HeadFault::kExpectationUnknown;
  }

  HeadFault finish() {
    const HeadFault fault = framing_.finish(request_.minor_version);
    if (fault != HeadFault::kNone) return fault;
    if (!has_host_ && request_.minor_version > 0) return HeadFault::kHostMissing;
    // RFC 9112 section 3.2.2: what is forwarded and logged must agree with what is routed.
    if (replaces_host_) request_.headers.set("Host", request_.authority);
    settle_body();
    settle_upgrade();
    return check_websocket();
  }

  /// RFC 6455 section 4.2.1: a server that took such a handshake all the same would be in a tunnel of its own.
  HeadFault check_websocket() const {
    if (!request_.wants_upgrade || !ascii::equals_ignoring_case(request_.upgrade, "websocket")) return HeadFault::kNone;
    const bool sound = request_.method == Method::kGet && !request_.headers.first("Sec-WebSocket-Key").empty() &&
                       !request_.headers.first("Sec-WebSocket-Version").empty();
    return sound ? HeadFault::kNone : HeadFault::kWebSocketMalformed;
  }

  void settle_body() {
    request_.content_length = framing_.length();
    request_.body = BodyKind::kNone;
    if (framing_.is_chunked()) request_.body = BodyKind::kChunked;
    if (framing_.length() > 0) request_.body = BodyKind::kLength;
    request_.keep_alive = framing_.keeps_alive(request_.minor_version);
    request_.expects_continue &= request_.body != BodyKind::kNone;
  }

  /// An upgrade beside a body would leave open where the body ends; HTTP/2 is never reached by Upgrade, a backend that
  /// answers 101 to h2c would get a tunnel past every rule. Both are plain requests then.
  void settle_upgrade() {
    const bool usable = !repeats_upgrade_ && framing_.has_upgrade_option() && request_.minor_version > 0 &&
                        request_.body == BodyKind::kNone && !request_.upgrade.empty() &&
                        !ascii::list_has(request_.upgrade, "h2c");
    request_.wants_upgrade = usable;
    if (!usable) request_.upgrade = {};
  }

  const HeadLimits& limits_;
  const char* begin_ = nullptr;
  Request& request_;
  HeadFault& fault_;
  Framing framing_;
  bool has_upgrade_ = false;
  bool repeats_upgrade_ = false;
  bool has_host_ = false;
  bool replaces_host_ = false;
};

}  // namespace

ParseOutcome parse_request_head(std::string_view bytes, const HeadLimits& limits, HeadScan& scan, Request& request,
                                std::size_t& consumed, HeadFault& fault) {
  return read_head(bytes, limits, scan, consumed, fault,
                   [&](Cursor& cursor) { return RequestHead(limits, request, fault).parse(cursor); });
}

}  // namespace fairlead::codec::http1
