// Random rules and requests against the plainest evaluator there can be.
#include <algorithm>
#include <random>

#include "test/unit/native/router/routing_fixture.h"

namespace fairlead::router {
namespace {

// Positions in `matcherNames` of lib/schema/rule/ast.ts.
enum Matcher {
  kClientIp,
  kHeader,
  kHeaderRegexp,
  kHost,
  kHostRegexp,
  kMethod,
  kPath,
  kPathPrefix,
  kPathRegexp,
  kQuery,
  kQueryRegexp
};

struct Request {
  Sample sample;
  /// Decoded.
  std::vector<std::pair<std::string, std::string>> query;
  std::string query_text;
};

std::string lower(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = ascii::lower(c);
  return copy;
}

bool regex_matches(std::string_view pattern, std::string_view text) {
  static std::vector<std::pair<std::string, std::unique_ptr<Regex>>> known;
  for (const auto& [source, regex] : known) {
    if (source == pattern) return regex->matches(text);
  }
  std::string error;
  known.emplace_back(pattern, Regex::compile(pattern, error));
  return known.back().second->matches(text);
}

// Replaces the first label by '*' and compares, as Traefik words it.
bool host_matches(std::string rule, std::string_view host) {
  if (rule == "*") return true;
  if (host.empty()) return false;
  if (rule.ends_with('.')) rule.pop_back();
  if (!rule.starts_with('*')) return rule == host;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && rule == "*" + std::string(host.substr(dot));
}

bool ip_matches(std::string_view range, std::string_view client) {
  const std::size_t slash = range.find('/');
  const auto network = net::IpAddress::parse(range.substr(0, slash)).value();
  const auto address = net::IpAddress::parse(client).value();
  const bool dotted = range.find(':') == std::string_view::npos;
  int bits = slash == std::string_view::npos ? (dotted ? 32 : 128) : std::stoi(std::string(range.substr(slash + 1)));
  if (dotted) bits += 96;
  if (address.is_v4() && !network.is_v4()) return false;
  for (int bit = 0; bit < bits; ++bit) {
    const std::uint64_t difference = bit < 64 ? network.high ^ address.high : network.low ^ address.low;
    if ((difference >> (63 - bit % 64) & 1) != 0) return false;
  }
  return true;
}

bool header_matches(const Token& token, const Request& request) {
  const std::string name = lower(token.first);
  if (name == "host") return false;
  return std::any_of(request.sample.headers.begin(), request.sample.headers.end(), [&](const auto& header) {
    if (lower(header.first) != name) return false;
    return token.matcher == kHeader ? header.second == token.second.view() : regex_matches(token.second, header.second);
  });
}

bool query_matches(const Token& token, const Request& request) {
  return std::any_of(request.query.begin(), request.query.end(), [&](const auto& parameter) {
    if (parameter.first != token.first.view()) return false;
    if (token.count == 1) return parameter.second.empty();
    return token.matcher == kQuery ? parameter.second == token.second.view()
                                   : regex_matches(token.second, parameter.second);
  });
}

template <class Accepts>
bool any_host(const Sample& sample, Accepts accepts) {
  return accepts(sample.host) || (!sample.flattened_host.empty() && accepts(sample.flattened_host));
}

bool matcher_holds(const Token& token, const Request& request) {
  const Sample& sample = request.sample;
  const std::string_view first = token.first;
  switch (static_cast<Matcher>(token.matcher)) {
    case kClientIp:
      return ip_matches(first, sample.client);
    case kHeader:
    case kHeaderRegexp:
      return header_matches(token, request);
    case kHost:
      return any_host(sample, [&](std::string_view host) { return host_matches(lower(first), host); });
    case kHostRegexp:
      return any_host(sample, [&](std::string_view host) { return regex_matches(first, host); });
    case kMethod: {
      std::string method(first);
      for (char& c : method) c = ascii::upper(c);
      return method == sample.method;
    }
    case kPath:
      return first == sample.path;
    case kPathPrefix:
      return sample.path.substr(0, first.size()) == first;
    case kPathRegexp:
      return regex_matches(first, sample.path);
    case kQuery:
    case kQueryRegexp:
      return query_matches(token, request);
  }
  FAIL("unknown matcher");
  return false;
}

bool rule_holds(const Model& model, const Request& request) {
  std::vector<bool> stack;
  for (const Token& token : model.tokens) {
    if (token.kind == 3) {
      stack.push_back(matcher_holds(token, request));
    } else if (token.kind == 2) {
      stack.back() = !stack.back();
    } else {
      const auto first = stack.end() - token.count;
      const bool value = token.kind == 0 ? std::all_of(first, stack.end(), [](bool b) { return b; })
                                         : std::any_of(first, stack.end(), [](bool b) { return b; });
      stack.erase(first, stack.end());
      stack.push_back(value);
    }
  }
  REQUIRE(stack.size() == 1);
  return stack.back();
}

std::uint32_t first_that_holds(const RoutingFixture& fixture, const Order& order, const Request& request) {
  for (const std::uint32_t index : order.routers) {
    if (rule_holds(fixture.models[index], request)) return index;
  }
  return wire::kNone;
}

// Values kept in step with test/support/lib/random-rules.ts.
class Requests {
 public:
  Request next() {
    Request request;
    request.sample = {
        .host = pick({"a.com", "b.com", "x.a.com", "y.a.com", "x.y.a.com", "x.b.com", "localhost", "::1", ""}),
        .path = pick({"/", "/a", "/a/", "/a/b", "/ab", "/b", "/a/b/c", "/b/a", "/\xc3\xa9", "/a%2Fb", "*"}),
        .method = pick({"GET", "POST", "PUT", "PURGE"}),
        .client = pick({"10.1.2.3", "192.168.1.1", "2001:db8::1", "::1"})};
    // Every other host is an alias.
    if (below(2) == 0) request.sample.flattened_host = pick({"a.com", "b.com", "x.a.com", "x.y.a.com", "localhost"});
    for (unsigned i = below(3); i > 0; --i) {
      request.sample.headers.emplace_back(pick({"X-A", "x-a", "X-B", "Host"}), pick({"1", "2", "a, b"}));
    }
    for (unsigned i = below(3); i > 0; --i) add_parameter(request);
    return request;
  }

 private:
  void add_parameter(Request& request) {
    struct Spelled {
      const char* decoded;
      const char* encoded;
    };
    static constexpr Spelled kKeys[] = {{"k", "k"}, {"l", "%6C"}, {"a b", "a+b"}};
    static constexpr Spelled kValues[] = {{"", "="}, {"", ""}, {"v", "=v"}, {"v w", "=v%20w"}, {"1", "=%31"}};
    const Spelled& key = kKeys[below(3)];
    const Spelled& value = kValues[below(5)];
    request.query.emplace_back(key.decoded, value.decoded);
    request.query_text += (request.query_text.empty() ? "" : "&") + std::string(key.encoded) + value.encoded;
  }

  unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }
  const char* pick(std::initializer_list<const char*> from) {
    return from.begin()[below(static_cast<unsigned>(from.size()))];
  }

  std::mt19937 engine_{42};
};

TEST_CASE("the index finds what trying every rule in order finds") {
  const auto fixture = test::encoded<RoutingFixture>("random_rules.bin");
  const Patterns patterns(fixture->patterns);
  constexpr int kRequestsPerOrder = 6'000;
  REQUIRE(fixture->orders.size() * kRequestsPerOrder >= 100'000);

  Requests requests;
  int found_some = 0;
  int deeper = 0;
  for (const Order& order : fixture->orders) {
    const auto router = built({fixture->routers, order.routers, patterns, fixture->ranges});
    for (int i = 0; i < kRequestsPerOrder; ++i) {
      Request request = requests.next();
      request.sample.query = request.query_text;
      const Received received(request.sample);
      MatchInput input = received.input();
      const std::uint32_t found = router->find(input);
      const std::uint32_t expected = first_that_holds(*fixture, order, request);
      if (found != expected) {
        CAPTURE(std::string(request.sample.host));
        CAPTURE(std::string(request.sample.flattened_host));
        CAPTURE(std::string(request.sample.path));
        CAPTURE(request.query_text);
        FAIL("found ", found, ", expected ", expected);
      }
      found_some += found != wire::kNone;
      deeper += found != wire::kNone && found != order.routers[0];
    }
  }
  CHECK(found_some > 50'000);
  CHECK(deeper > 40'000);
}

}  // namespace
}  // namespace fairlead::router
