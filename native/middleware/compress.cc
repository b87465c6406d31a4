#include "middleware/compress.h"

#include <algorithm>

#include "base/ascii.h"
#include "middleware/encoder.h"

namespace fairlead::middleware {
namespace {

class CompressFilter final : public BodyFilter {
 public:
  explicit CompressFilter(EncoderPtr encoder) : encoder_(std::move(encoder)) {}

  Status process(std::string_view input, bool flush, bool last, ByteBuffer& output) override {
    holds_input_ |= !input.empty();
    // An idle stream is flushed again and again; each flush would add an empty block.
    const bool flushes = flush && holds_input_;
    const Encoder::Mode mode = last ? Encoder::Mode::kEnd : flushes ? Encoder::Mode::kFlush : Encoder::Mode::kMore;
    if (mode != Encoder::Mode::kMore)
      holds_input_ = false;
    else if (input.empty())
      return Unit{};
    if (encoder_->encode(input, mode, output)) return Unit{};
    return Error{.reason = Reason::kMiddlewareFailed};
  }

 private:
  EncoderPtr encoder_;
  bool holds_input_ = false;
};

/// `Text/HTML; charset=utf-8` without what follows the type. Empty when it is no media type.
std::string_view media_type(std::string_view content_type) {
  const std::string_view type = ascii::trim(content_type.substr(0, content_type.find(';')));
  const std::size_t slash = type.find('/');
  const bool valid = slash != std::string_view::npos && slash > 0 && slash + 1 < type.size() &&
                     type.find_first_of(" \t,") == std::string_view::npos;
  return valid ? type : std::string_view();
}

/// `application/grpc` in a list also stands for `application/grpc+proto`.
bool lists(const wire::List<wire::Text>& types, std::string_view type) {
  return std::any_of(types.begin(), types.end(), [type](std::string_view listed) {
    if (!ascii::equals_ignoring_case(type.substr(0, listed.size()), listed)) return false;
    return type.size() == listed.size() || (listed == "application/grpc" && type[listed.size()] == '+');
  });
}

/// Statuses without a body, and parts of a body: compressing those would change what the range means.
bool has_whole_body(const codec::Response& response) {
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 206 &&
                        response.status != 304 && response.body != codec::BodyKind::kNone;
  return has_body && response.headers.find("content-range") == nullptr;
}

/// The compressed body is another representation: a strong validator and byte ranges were those of the original
/// (RFC 9110 sections 8.8.1 and 14.3).
void mark_as_encoded(Coding coding, Arena& arena, codec::Headers& headers) {
  headers.set("Content-Encoding", coding_name(coding));
  headers.remove(codec::HeaderId::kContentLength);
  headers.remove("accept-ranges");
  const std::string_view tag = headers.first("etag");
  if (tag.starts_with('"')) headers.set("ETag", arena.concat("W/", tag));
}

void add_vary(codec::Headers& headers) {
  const std::string_view vary = headers.joined("vary");
  if (!ascii::list_has(vary, "Accept-Encoding") && !ascii::list_has(vary, "*")) headers.add("Vary", "Accept-Encoding");
}

}  // namespace

Compress::Compress(const wire::Compress& config, const wire::MiddlewareRef&, const BuildContext&) : config_(config) {}

std::string_view Compress::fault() const {
  const auto is_coding = [](std::uint8_t number) { return number <= static_cast<std::uint8_t>(Coding::kZstd); };
  const bool known = std::all_of(config_.codings.begin(), config_.codings.end(), is_coding);
  return known && is_coding(config_.default_coding) ? "" : "unknown content coding";
}

std::unique_ptr<BodyFilter> Compress::body_filter(Context& context, codec::Response& response) const {
  const codec::Request& request = context.request;
  if (request.method == codec::Method::kHead || config_.codings.empty()) return nullptr;
  if (lists(config_.excluded, media_type(request.headers.first(codec::HeaderId::kContentType)))) return nullptr;

  const Coding coding = choose_coding(request.headers, {config_.codings.begin(), config_.codings.size()},
                                      static_cast<Coding>(config_.default_coding));
  if (coding == Coding::kIdentity) return nullptr;
  // From here on another client might get another representation.
  add_vary(response.headers);
  if (!is_wanted(request, response)) return nullptr;

  EncoderPtr encoder = borrow_encoder(coding);
  // Out of memory for a compressor: the plain body is as good.
  if (encoder == nullptr) return nullptr;
  mark_as_encoded(coding, context.arena, response.headers);
  return std::make_unique<CompressFilter>(std::move(encoder));
}

bool Compress::is_wanted(const codec::Request& request, const codec::Response& response) const {
  const codec::Headers& headers = response.headers;
  if (request.method == codec::Method::kConnect || !has_whole_body(response)) return false;
  if (response.body == codec::BodyKind::kLength && response.content_length < config_.min_bytes) return false;
  if (!headers.first(codec::HeaderId::kContentEncoding).empty()) return false;
  // RFC 9111 section 5.2.2.6.
  if (ascii::list_has(headers.joined("cache-control"), "no-transform")) return false;
  const codec::Header* content_type = headers.find(codec::HeaderId::kContentType);
  if (content_type == nullptr || content_type->value.empty()) return config_.included.empty();
  return is_compressible(content_type->value);
}

bool Compress::is_compressible(std::string_view content_type) const {
  const std::string_view type = media_type(content_type);
  if (type.empty()) return false;
  return config_.included.empty() ? !lists(config_.excluded, type) : lists(config_.included, type);
}

}  // namespace fairlead::middleware
