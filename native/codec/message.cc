#include "codec/message.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "base/assert.h"

namespace fairlead::codec {
namespace {

struct KnownName {
  std::string_view name;
  HeaderId id = HeaderId::kOther;
};

constexpr KnownName kKnownNames[] = {
    {"host", HeaderId::kHost},
    {"connection", HeaderId::kConnection},
    {"content-length", HeaderId::kContentLength},
    {"transfer-encoding", HeaderId::kTransferEncoding},
    {"te", HeaderId::kTe},
    {"trailer", HeaderId::kTrailer},
    {"upgrade", HeaderId::kUpgrade},
    {"expect", HeaderId::kExpect},
    {"keep-alive", HeaderId::kKeepAlive},
    {"proxy-connection", HeaderId::kProxyConnection},
    {"proxy-authenticate", HeaderId::kProxyAuthenticate},
    {"proxy-authorization", HeaderId::kProxyAuthorization},
    {"date", HeaderId::kDate},
    {"server", HeaderId::kServer},
    {"content-type", HeaderId::kContentType},
    {"content-encoding", HeaderId::kContentEncoding},
    {"accept-encoding", HeaderId::kAcceptEncoding},
    {"vary", HeaderId::kVary},
    {"origin", HeaderId::kOrigin},
    {"authorization", HeaderId::kAuthorization},
    {"cookie", HeaderId::kCookie},
    {"set-cookie", HeaderId::kSetCookie},
    {"user-agent", HeaderId::kUserAgent},
    {"referer", HeaderId::kReferer},
    {"range", HeaderId::kRange},
    {"location", HeaderId::kLocation},
    {"accept", HeaderId::kAccept},
    {"x-forwarded-for", HeaderId::kForwardedFor},
    {"x-forwarded-proto", HeaderId::kForwardedProto},
    {"x-forwarded-host", HeaderId::kForwardedHost},
    {"x-forwarded-port", HeaderId::kForwardedPort},
    {"x-forwarded-server", HeaderId::kForwardedServer},
    {"x-forwarded-uri", HeaderId::kForwardedOther},
    {"x-forwarded-method", HeaderId::kForwardedOther},
    {"x-forwarded-prefix", HeaderId::kForwardedOther},
    {"x-forwarded-scheme", HeaderId::kForwardedOther},
    {"x-forwarded-tls-client-cert", HeaderId::kForwardedOther},
    {"x-forwarded-tls-client-cert-info", HeaderId::kForwardedOther},
    {"x-scheme", HeaderId::kForwardedOther},
    {"x-real-ip", HeaderId::kRealIp},
    {"x-request-id", HeaderId::kRequestId},
};

constexpr std::size_t kShortestName = 2;
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kSlots = 128;

/// A perfect hash of kKnownNames, whatever their case: of the length, the first two and the last two letters. The
/// factors were searched for and are proven by make_table().
constexpr std::size_t slot_of(std::string_view name) {
  const auto pair = [name](std::size_t at) {
    if constexpr (std::endian::native == std::endian::little) {
      if (!std::is_constant_evaluated()) {
        std::uint16_t word;
        std::memcpy(&word, name.data() + at, sizeof(word));
        return std::uint32_t{word} | 0x2020;
      }
    }
    const auto low = static_cast<std::uint8_t>(name[at]);
    const auto high = static_cast<std::uint8_t>(name[at + 1]);
    return (std::uint32_t{low} | std::uint32_t{high} << 8) | 0x2020;
  };
  const auto size = static_cast<std::uint32_t>(name.size());
  return (pair(0) * 0x324c95e5 + pair(size - 2) * 0x5446e977 + (size << 27)) >> 25;
}

/// A known name, and in `fold` 0x20 where it has a letter: (text | fold) == lower exactly when the names are equal.
struct Slot {
  char lower[kLongestName] = {};
  char fold[kLongestName] = {};
  std::uint8_t size = 0;
  HeaderId id = HeaderId::kOther;
};

constexpr bool fits(std::string_view name) { return name.size() >= kShortestName && name.size() <= kLongestName; }

consteval std::array<Slot, kSlots> make_table() {
  std::array<Slot, kSlots> table{};
  for (const KnownName& known : kKnownNames) {
    Slot& slot = table[slot_of(known.name)];
    // Not a constant expression, so the build fails when two names share a slot or one is too long.
    if (slot.size != 0 || !fits(known.name)) check_failed("perfect hash", __FILE__, __LINE__);
    slot.size = static_cast<std::uint8_t>(known.name.size());
    slot.id = known.id;
    for (std::size_t i = 0; i < known.name.size(); ++i) {
      slot.lower[i] = known.name[i];
      slot.fold[i] = ascii::is_alpha(known.name[i]) ? 0x20 : 0;
    }
  }
  return table;
}

constexpr std::array<Slot, kSlots> kTable = make_table();

template <class Word>
bool word_matches(const char* text, const Slot& slot, std::size_t at) {
  Word word, fold, lower;
  std::memcpy(&word, text + at, sizeof(Word));
  std::memcpy(&fold, slot.fold + at, sizeof(Word));
  std::memcpy(&lower, slot.lower + at, sizeof(Word));
  return (word | fold) == lower;
}

/// Compares in words, the last of which overlaps the one before. `size` is at least 2.
bool matches(const char* text, std::size_t size, const Slot& slot) {
  if (size >= 8) {
    if (!word_matches<std::uint64_t>(text, slot, 0) || !word_matches<std::uint64_t>(text, slot, size - 8)) return false;
    for (std::size_t at = 8; at + 8 < size; at += 8) {
      if (!word_matches<std::uint64_t>(text, slot, at)) return false;
    }
    return true;
  }
  if (size >= 4) return word_matches<std::uint32_t>(text, slot, 0) && word_matches<std::uint32_t>(text, slot, size - 4);
  return word_matches<std::uint16_t>(text, slot, 0) && word_matches<std::uint16_t>(text, slot, size - 2);
}

/// An id that names exactly one field, so that comparing it replaces comparing the name.
constexpr bool is_exact(HeaderId id) { return id != HeaderId::kOther && id != HeaderId::kForwardedOther; }

/// Finds fields by id where that is enough, otherwise by name.
class NameMatch {
 public:
  explicit NameMatch(std::string_view name) : name_(name), id_(header_id(name)) {}
  bool operator()(const Header& header) const {
    if (header.id != id_) return false;
    return is_exact(id_) || ascii::equals_ignoring_case(header.name, name_);
  }

 private:
  std::string_view name_;
  HeaderId id_;
};

constexpr std::size_t kFirstCapacity = 16;  // more than most requests and responses carry

/// For a `text` that is long enough. Its length is known to the compiler, which makes one comparison of words of it;
/// of == on views it makes a call or two, as it likes.
template <std::size_t N>
bool begins_with(std::string_view text, const char (&name)[N]) {
  return std::memcmp(text.data(), name, N - 1) == 0;
}

}  // namespace

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3:
      if (begins_with(text, "GET")) return Method::kGet;
      return begins_with(text, "PUT") ? Method::kPut : Method::kOther;
    case 4:
      if (begins_with(text, "POST")) return Method::kPost;
      return begins_with(text, "HEAD") ? Method::kHead : Method::kOther;
    case 5:
      if (begins_with(text, "PATCH")) return Method::kPatch;
      return begins_with(text, "TRACE") ? Method::kTrace : Method::kOther;
    case 6:
      return begins_with(text, "DELETE") ? Method::kDelete : Method::kOther;
    case 7:
      if (begins_with(text, "OPTIONS")) return Method::kOptions;
      return begins_with(text, "CONNECT") ? Method::kConnect : Method::kOther;
    default:
      return Method::kOther;
  }
}

HeaderId header_id(std::string_view name) {
  if (!fits(name)) return HeaderId::kOther;
  const Slot& slot = kTable[slot_of(name)];
  if (slot.size != name.size() || !matches(name.data(), name.size(), slot)) return HeaderId::kOther;
  return slot.id;
}

HeaderId alias_id(std::string_view name) {
  if (!fits(name) || name.find('_') == std::string_view::npos) return HeaderId::kOther;
  char dashed[kLongestName];
  std::ranges::replace_copy(name, dashed, '_', '-');
  return header_id({dashed, name.size()});
}

void Headers::set(std::string_view name, std::string_view value) {
  const NameMatch same(name);
  Header* first = std::find_if(begin(), end(), same);
  if (first == end()) return add(name, value);
  first->value = value;
  const auto tail = std::remove_if(first + 1, end(), same);
  size_ = static_cast<std::size_t>(tail - fields_);
}

std::size_t Headers::remove(std::string_view name) { return remove_if(NameMatch(name)); }

std::size_t Headers::remove(HeaderId id) {
  return remove_if([id](const Header& header) { return header.id == id; });
}

const Header* Headers::find(std::string_view name) const {
  const Header* found = std::find_if(begin(), end(), NameMatch(name));
  return found == end() ? nullptr : found;
}

const Header* Headers::find(HeaderId id) const {
  for (const Header& header : *this) {
    if (header.id == id) return &header;
  }
  return nullptr;
}

std::string_view Headers::first(std::string_view name) const {
  const Header* found = find(name);
  return found == nullptr ? std::string_view() : found->value;
}

std::string_view Headers::first(HeaderId id) const {
  const Header* found = find(id);
  return found == nullptr ? std::string_view() : found->value;
}

std::string_view Headers::joined(std::string_view name) const {
  constexpr std::string_view kSeparator = ", ";
  const NameMatch same(name);
  const Header* first = std::find_if(begin(), end(), same);
  if (first == end()) return {};
  if (std::find_if(first + 1, end(), same) == end()) return first->value;
  std::size_t size = 0;
  for (const Header* at = first; at != end(); ++at) {
    if (same(*at)) size += at->value.size() + kSeparator.size();
  }
  char* bytes = arena_->array<char>(size);
  char* to = bytes;
  for (const Header* at = first; at != end(); ++at) {
    if (!same(*at)) continue;
    if (at != first) to = std::ranges::copy(kSeparator, to).out;
    to = std::ranges::copy(at->value, to).out;
  }
  return {bytes, static_cast<std::size_t>(to - bytes)};
}

void Headers::grow() {
  const std::size_t capacity = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
  auto* fields = arena_->array<Header>(capacity);
  std::copy_n(fields_, size_, fields);
  fields_ = fields;
  capacity_ = capacity;
}

}  // namespace fairlead::codec
