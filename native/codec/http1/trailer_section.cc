#include "codec/http1/trailer_section.h"

#include <algorithm>

#include "codec/http1/field_parser.h"

namespace fairlead::codec::http1 {
namespace {

constexpr std::uint32_t kFirstCapacity = 256;  // grpc-status and grpc-message fit
// As many as a head may have by default: a field takes ten times the memory of its shortest line.
constexpr std::size_t kMaxFields = 100;

constexpr std::string_view kForbiddenNames[] = {
    "age",
    "allow",
    "authentication-info",
    "cache-control",
    "content-location",
    "content-range",
    "expires",
    "forwarded",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "max-forwards",
    "if-unmodified-since",
    "pragma",
    "proxy-authentication-info",
    "retry-after",
    "via",
    "warning",
    "www-authenticate",
};

bool is_forbidden_id(HeaderId id) {
  switch (id) {
    case HeaderId::kOther:
    case HeaderId::kServer:
    case HeaderId::kVary:
    case HeaderId::kUserAgent:
    case HeaderId::kReferer:
    case HeaderId::kAccept:
    case HeaderId::kRequestId:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool is_forbidden_trailer(const Header& field) {
  if (is_forbidden_id(field.id) || is_forbidden_id(alias_id(field.name))) return true;
  return std::ranges::any_of(kForbiddenNames,
                             [&field](std::string_view name) { return ascii::equals_ignoring_case(field.name, name); });
}

void TrailerSection::start(Headers* fields, std::uint32_t max_bytes) {
  *this = TrailerSection();
  fields_ = fields;
  max_bytes_ = max_bytes;
}

TrailerSection::Outcome TrailerSection::take(const char*& at, const char* end) {
  while (at != end) {
    const char c = *at++;
    if (size_ == max_bytes_) return Outcome::kTooLarge;
    // Other controls are the parser's to find; here only the line ends have to be certain.
    if ((last_ == '\r') != (c == '\n')) return Outcome::kMalformed;
    last_ = c;
    if (size_ == 0) keeps_ = fields_ != nullptr && c != '\r';
    if (keeps_) keep(c);
    ++size_;
    if (c != '\n') continue;
    if (size_ - line_ == 2) return parse();
    line_ = size_;
  }
  return Outcome::kIncomplete;
}

void TrailerSection::keep(char c) {
  if (size_ == capacity_) {
    const std::uint32_t capacity = std::max(kFirstCapacity, capacity_ * 2);
    char* const bytes = fields_->arena().array<char>(capacity);
    std::copy_n(bytes_, size_, bytes);
    bytes_ = bytes;
    capacity_ = capacity;
  }
  bytes_[size_] = c;
}

TrailerSection::Outcome TrailerSection::parse() const {
  if (bytes_ == nullptr) return Outcome::kComplete;
  std::size_t count = 0;
  const char* at = bytes_;
  Header field;
  HeadFault fault = HeadFault::kNone;
  Line line;
  while ((line = parse_field_line(bytes_, at, bytes_ + size_, field, fault)) == Line::kField) {
    if (++count > kMaxFields) return Outcome::kTooLarge;
    if (!is_forbidden_trailer(field)) fields_->add(field);
  }
  return line == Line::kEnd ? Outcome::kComplete : Outcome::kMalformed;
}

}  // namespace fairlead::codec::http1
