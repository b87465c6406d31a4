// What finding a route costs: nanoseconds and, where the kernel lets us count them, instructions per match, with a random
// route asked for each time. Also bytes per route beyond the snapshot and the time to build.
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "router/router.h"
#include "test/support/native/routes.h"

namespace fairlead::router {
namespace {

using test::Route;

// Instructions of this thread in user mode; always 0 where they cannot be counted.
class InstructionCounter {
 public:
  InstructionCounter() {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof(attributes);
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    descriptor_ = static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  }
  ~InstructionCounter() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  double read() const {
    std::uint64_t count = 0;
    if (descriptor_ < 0 || ::read(descriptor_, &count, sizeof(count)) != sizeof(count)) return 0;
    return static_cast<double>(count);
  }

 private:
  int descriptor_;
};

using Text = std::string (*)(std::size_t i);

struct Shape {
  const char* name;
  Route (*route)(std::size_t i);
  /// What to ask for, where the route does not tell.
  Text host = nullptr;
  Text path = nullptr;
  /// A compiled pattern takes kilobytes.
  std::size_t most = 100'000;
};

std::string number(std::size_t i) { return std::to_string(i); }

constexpr Shape kShapes[] = {
    {"Host each",
     [](std::size_t i) {
       return Route{"h" + number(i) + ".example.com", ""};
     }},
    {"Host && PathPrefix, 10 a host",
     [](std::size_t i) {
       return Route{"h" + number(i / 10) + ".example.com", "/api/v" + number(i % 10)};
     }},
    {"the same && Method",
     [](std::size_t i) {
       return Route{"h" + number(i / 10) + ".example.com", "/api/v" + number(i % 10), false, "GET"};
     }},
    {"wildcard each",
     [](std::size_t i) {
       return Route{"*.h" + number(i) + ".example.com", "/"};
     }},
    {"Path each, one host",
     [](std::size_t i) {
       return Route{"example.com", "/service/" + number(i), true};
     }},
    {"PathPrefix each, no host",
     [](std::size_t i) {
       return Route{"", "/service/" + number(i) + "/"};
     }},
    {"suffix each, HostRegexp below",
     [](std::size_t i) {
       return Route{.host_suffix = ".t" + number(i) + ".example.com",
                    .host_pattern = "^[a-z]+\\.t" + number(i) + "\\.example\\.com$"};
     },
     [](std::size_t i) { return "www.t" + number(i) + ".example.com"; }, nullptr, 10'000},
    {"HostRegexp each",
     [](std::size_t i) { return Route{.host_pattern = "^t" + number(i) + "-[a-z]+\\.example\\.com$"}; },
     [](std::size_t i) { return "t" + number(i) + "-www.example.com"; }, nullptr, 10'000},
    {"HostRegexp each, unanchored", [](std::size_t i) { return Route{.host_pattern = "-t" + number(i) + "\\."}; },
     [](std::size_t i) { return "www-t" + number(i) + ".example.com"; }, nullptr, 10'000},
    {"PathRegexp each", [](std::size_t i) { return Route{.path_pattern = "^/s" + number(i) + "/[0-9]+$"}; }, nullptr,
     [](std::size_t i) { return "/s" + number(i) + "/4711"; }, 10'000},
};

std::string host_for(const Route& route) {
  if (route.host.empty()) return "example.com";
  return route.host.starts_with("*.") ? "www" + route.host.substr(1) : route.host;
}

// Requests are made beforehand: only finding is measured.
class Requests {
 public:
  Requests(const Shape& shape, const std::vector<Route>& routes) {
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t index = random() % routes.size();
      const Route& route = routes[index];
      add(shape.host != nullptr ? shape.host(index) : host_for(route));
      add(shape.path != nullptr ? shape.path(index)
          : route.exact_path    ? route.path
                                : route.path + "/users/4711/orders");
    }
    request_.method_text = "GET";
  }

  std::uint64_t find_all(const Router& router) {
    std::uint64_t found = 0;
    const char* at = texts_.data();
    for (std::size_t i = 0; i < kCount; ++i) {
      request_.host = next(at);
      request_.routing_path = next(at);
      MatchInput input(request_, peer_);
      found += router.find(input) != wire::kNone;
    }
    return found;
  }
  static constexpr std::size_t kCount = 200'000;

 private:
  void add(const std::string& text) {
    texts_ += static_cast<char>(text.size());
    texts_ += text;
  }
  static std::string_view next(const char*& at) {
    const std::string_view text(at + 1, static_cast<std::uint8_t>(*at));
    at += text.size() + 1;
    return text;
  }

  Arena arena_;
  codec::Request request_{arena_};
  codec::Peer peer_;
  // One behind the other, each after its size: reading them shall not cost what the router is measured for.
  std::string texts_;
};

/// A router over `count` routes of one shape, and everything it looks at.
class Setting {
 public:
  Setting(const Shape& shape, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) routes_.push_back(shape.route(i));
    const std::vector<char> bytes = test::RouteWriter(routes_).bytes();
    words_.resize(bytes.size() / 8 + 1);
    std::memcpy(words_.data(), bytes.data(), bytes.size());
    const auto* table = reinterpret_cast<const test::RouteTable*>(words_.data());
    patterns_ = std::make_unique<Patterns>(table->patterns);
    std::vector<std::string> faults;
    const Nanos start = monotonic_now();
    router_ = Router::build({table->routers, table->order, *patterns_, table->ranges}, faults);
    built_in_ = monotonic_now() - start;
  }

  const std::vector<Route>& routes() const { return routes_; }
  const Router& router() const { return *router_; }
  Nanos built_in() const { return built_in_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::uint64_t> words_;
  std::unique_ptr<Patterns> patterns_;
  std::unique_ptr<Router> router_;
  Nanos built_in_ = 0;
};

void measure(const Shape& shape, std::size_t count, const InstructionCounter& counter) {
  const Setting setting(shape, count);
  const Router& router = setting.router();
  Requests requests(shape, setting.routes());
  const std::uint64_t found = requests.find_all(router);
  double nanos = 1e18;
  double instructions = 0;
  for (int round = 0; round < 5; ++round) {
    const Nanos from = monotonic_now();
    const double before = counter.read();
    requests.find_all(router);
    instructions = (counter.read() - before) / Requests::kCount;
    nanos = std::min(nanos, static_cast<double>(monotonic_now() - from) / Requests::kCount);
  }
  std::printf("%-32s %7zu routes %7.1f ns %6.0f instructions %6.1f bytes/route %7.2f ms to build%s\n", shape.name,
              count, nanos, instructions, static_cast<double>(router.memory()) / static_cast<double>(count),
              static_cast<double>(setting.built_in()) / 1e6, found == Requests::kCount ? "" : "  NOT ALL FOUND");
}

/// Asks `rounds` times for each of the requests and prints nothing: for a tool that counts instructions from outside.
/// False when a request was not found.
bool repeat(const Shape& shape, std::size_t count, int rounds) {
  const Setting setting(shape, count);
  Requests requests(shape, setting.routes());
  std::uint64_t found = 0;
  for (int round = 0; round < rounds; ++round) found += requests.find_all(setting.router());
  return found == Requests::kCount * static_cast<std::uint64_t>(rounds);
}

/// `SHAPE ROUTES ROUNDS` repeats one shape, by number; `shapes` lists them: number of requests, then each with its limit.
int command(std::span<char*> words) {
  if (words.size() == 1 && std::string_view(words[0]) == "shapes") {
    std::printf("%zu\n", Requests::kCount);
    for (const Shape& shape : kShapes) std::printf("%zu %s\n", shape.most, shape.name);
    return 0;
  }
  if (words.size() != 3) return 2;
  const auto shape = static_cast<std::size_t>(std::atoi(words[0]));
  if (shape >= std::size(kShapes)) return 2;
  return repeat(kShapes[shape], static_cast<std::size_t>(std::atoi(words[1])), std::atoi(words[2])) ? 0 : 1;
}

}  // namespace
}  // namespace fairlead::router

int main(int argc, char** argv) {
  if (argc > 1) return fairlead::router::command({argv + 1, static_cast<std::size_t>(argc - 1)});
  const fairlead::router::InstructionCounter counter;
  for (const auto& shape : fairlead::router::kShapes) {
    for (const std::size_t count : {10, 1'000, 10'000, 100'000}) {
      if (count <= shape.most) fairlead::router::measure(shape, count, counter);
    }
  }
}
