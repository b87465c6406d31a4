#include "net/dns.h"

#include <arpa/nameser.h>

#include <algorithm>

#include "base/ascii.h"

namespace fairlead::net {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
/// Response codes, RFC 1035 section 4.1.1.
constexpr int kNoError = 0;
constexpr int kNoSuchName = 3;

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || ascii::is_digit(c) || c == '-' || c == '_';
  });
}

/// Name and type of a record are those that were asked for.
bool is_about(const ns_rr& record, std::string_view host) {
  return ns_rr_type(record) == ns_t_cname && ns_rr_class(record) == ns_c_in &&
         ascii::equals_ignoring_case(ns_rr_name(record), host);
}

/// The name in the data of a record, in lower case; empty when that is none.
std::string name_in(const ns_msg& message, const ns_rr& record) {
  char text[NS_MAXDNAME];
  if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record), text, sizeof(text)) < 0) {
    return {};
  }
  std::string name(text);
  std::ranges::transform(name, name.begin(), ascii::lower);
  return is_dns_name(name) ? name : std::string();
}

CnameAnswer records_of(ns_msg& message, std::string_view host) {
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return {CnameAnswer::Kind::kFailed, {}, 0};
    if (!is_about(record, host)) continue;
    std::string name = name_in(message, record);
    const auto kind = name.empty() ? CnameAnswer::Kind::kNone : CnameAnswer::Kind::kName;
    return {kind, std::move(name), ns_rr_ttl(record)};
  }
  // Cut short, the record may have been behind the cut.
  if (ns_msg_getflag(message, ns_f_tc) != 0) return {CnameAnswer::Kind::kFailed, {}, 0};
  return {CnameAnswer::Kind::kNone, {}, 0};
}

}  // namespace

bool is_dns_name(std::string_view host) {
  if (host.empty() || host.size() > kLongestName) return false;
  std::string_view label;
  for (std::string_view rest = host;;) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // No top-level domain is a number, but the end of an address is one.
  return !std::ranges::all_of(label, ascii::is_digit);
}

std::string cname_question(std::uint16_t id, std::string_view host) {
  const auto high = [](unsigned number) { return static_cast<char>(number >> 8); };
  const auto low = [](unsigned number) { return static_cast<char>(number & 0xff); };
  // One question, with the wish that the server ask others (RD).
  std::string message{high(id), low(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  for (std::string_view rest = host; !rest.empty();) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    message.push_back(static_cast<char>(label.size()));
    message.append(label);
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
  }
  message.append({0, high(ns_t_cname), low(ns_t_cname), high(ns_c_in), low(ns_c_in)});
  return message;
}

CnameAnswer read_cname_answer(std::span<const std::uint8_t> bytes, std::uint16_t id, std::string_view host) {
  ns_msg message;
  if (ns_initparse(bytes.data(), static_cast<int>(bytes.size()), &message) != 0) return {};
  const auto flag = [&](ns_flag which) { return ns_msg_getflag(message, which); };
  if (ns_msg_id(message) != id || flag(ns_f_qr) == 0 || flag(ns_f_opcode) != ns_o_query) return {};
  ns_rr question;
  if (ns_msg_count(message, ns_s_qd) != 1 || ns_parserr(&message, ns_s_qd, 0, &question) != 0) return {};
  if (!is_about(question, host)) return {};
  if (flag(ns_f_rcode) == kNoSuchName) return {CnameAnswer::Kind::kNone, {}, 0};
  if (flag(ns_f_rcode) != kNoError) return {CnameAnswer::Kind::kFailed, {}, 0};
  return records_of(message, host);
}

}  // namespace fairlead::net
