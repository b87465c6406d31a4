#include "net/cname_look_up.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "test/support/native/dns_message.h"

using namespace fairlead;
using net::CanonicalName;
using net::Endpoint;
using net::IpAddress;
using net::ResolvConfig;
using test::DnsAnswer;

namespace {

/// What a name server sends for one question; the id is that of the question.
using Answers = std::vector<DnsAnswer>;

std::string name_in(std::string_view question) {
  std::string name;
  for (std::size_t at = 12; question[at] != 0; at += 1 + static_cast<std::size_t>(question[at])) {
    if (!name.empty()) name.push_back('.');
    name += question.substr(at + 1, static_cast<std::size_t>(question[at]));
  }
  return name;
}

/// A name server on a port of its own. It says nothing to questions it has no answer for.
class NameServer {
 public:
  explicit NameServer(std::map<std::string, Answers> answers) : answers_(std::move(answers)) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_storage storage{};
    const socklen_t size = Endpoint{IpAddress::parse("127.0.0.1").value(), 0}.to(storage);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&storage), size) == 0);
    socklen_t length = sizeof(storage);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length) == 0);
    at_ = Endpoint::from(storage);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    ::shutdown(fd_, SHUT_RDWR);  // wakes the thread, although it says that nobody is connected
    thread_.join();
    ::close(fd_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  Endpoint at() const { return at_; }
  int asked() const { return asked_; }

 private:
  void serve() {
    char buffer[512];
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof(from);
      const ssize_t size = ::recvfrom(fd_, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (size <= 0) return;
      ++asked_;
      const std::string_view question(buffer, static_cast<std::size_t>(size));
      const std::string name = name_in(question);
      const auto found = answers_.find(name);
      if (found == answers_.end()) continue;
      for (DnsAnswer answer : found->second) {
        answer.question = name;
        std::string bytes = answer.bytes();
        // An answer made for id 7 gets that of the question; others keep theirs.
        if (answer.id == 7) bytes.replace(0, 2, question.substr(0, 2));
        ::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
      }
    }
  }

  std::map<std::string, Answers> answers_;
  int fd_ = -1;
  Endpoint at_;
  std::atomic<int> asked_{0};
  std::thread thread_;
};

ResolvConfig of(std::vector<Endpoint> servers, Nanos timeout = 20 * kSecond, unsigned attempts = 1) {
  return {std::move(servers), timeout, attempts};
}

using Kind = CanonicalName::Kind;

}  // namespace

TEST_CASE("records are followed to the last name, and the shortest time counts") {
  const NameServer server({{"a.com", {{.time_to_live = 300, .target = "b.com"}}},
                           {"b.com", {{.time_to_live = 20, .target = "c.com"}}},
                           {"c.com", {{}}}});
  const CanonicalName found = net::look_up_cname("a.com", 5, of({server.at()}));
  CHECK(found.kind == Kind::kOther);
  CHECK(found.name == "c.com");
  CHECK(found.time_to_live == 20 * kSecond);
  CHECK(server.asked() == 3);
}

TEST_CASE("not further than asked for, and not for ever in circles") {
  const NameServer server({{"a.com", {{.target = "b.com"}}}, {"b.com", {{.target = "a.com"}}}});
  CHECK(net::look_up_cname("a.com", 1, of({server.at()})).name == "b.com");
  CHECK(net::look_up_cname("a.com", 4, of({server.at()})).name == "a.com");
  CHECK(server.asked() == 5);
  CHECK(net::look_up_cname("a.com", 0, of({server.at()})).kind == Kind::kSame);
  CHECK(server.asked() == 5);
}

TEST_CASE("a name without a record, and one that does not exist, are themselves") {
  const NameServer server({{"plain.com", {{}}}, {"missing.com", {{.flags = 0x8183}}}});
  CHECK(net::look_up_cname("plain.com", 5, of({server.at()})).kind == Kind::kSame);
  CHECK(net::look_up_cname("missing.com", 5, of({server.at()})).kind == Kind::kSame);
}

TEST_CASE("answers with another number or question are waited past") {
  const NameServer server(
      {{"a.com", {{.id = 0, .target = "bad.com"}, {.question_type = 1, .target = "bad.com"}, {.target = "good.com"}}},
       {"good.com", {{}}}});
  // One number in 65,536 is that of the question.
  CHECK(net::look_up_cname("a.com", 1, of({server.at()})).name == "good.com");
}

TEST_CASE("the next server is asked when one fails, says nothing, or is not there") {
  const NameServer failing({{"a.com", {{.flags = 0x8182}}}});
  const NameServer good({{"a.com", {{.target = "b.com"}}}});
  CHECK(net::look_up_cname("a.com", 1, of({failing.at(), good.at()})).name == "b.com");
  CHECK(failing.asked() == 1);
  const NameServer silent({});
  CHECK(net::look_up_cname("a.com", 1, of({silent.at(), good.at()}, 20 * kMillisecond, 50)).name == "b.com");
  Endpoint nobody;
  {
    const NameServer gone({});
    nobody = gone.at();
  }
  CHECK(net::look_up_cname("a.com", 1, of({nobody, good.at()})).name == "b.com");
}

TEST_CASE("when nobody answers that is a failure, also half the way") {
  const NameServer server({{"a.com", {{.target = "silent.com"}}}});
  CHECK(net::look_up_cname("a.com", 5, of({server.at()}, 20 * kMillisecond, 2)).kind == Kind::kFailed);
  CHECK(net::look_up_cname("a.com", 5, of({})).kind == Kind::kFailed);
}
