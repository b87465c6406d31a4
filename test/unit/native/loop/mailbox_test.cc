#include "loop/mailbox.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <memory>
#include <thread>
#include <vector>

#include "test/support/native/run_task.h"

using namespace fairlead;
using loop::Mailbox;

namespace {

bool is_readable(int fd) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1;
}

}  // namespace

TEST_CASE("messages are delivered once, in order, and wake the receiver") {
  Mailbox mailbox;
  std::vector<int> got;
  CHECK_FALSE(is_readable(mailbox.fd()));
  for (int i = 0; i < 3; ++i) mailbox.post([&got, i] { got.push_back(i); });
  CHECK(is_readable(mailbox.fd()));
  mailbox.deliver();
  mailbox.deliver();
  CHECK(got == std::vector<int>{0, 1, 2});
  CHECK_FALSE(is_readable(mailbox.fd()));
}

TEST_CASE("a message posted by a message waits for the next delivery") {
  Mailbox mailbox;
  int second = 0;
  mailbox.post([&] { mailbox.post([&] { ++second; }); });
  mailbox.deliver();
  CHECK(second == 0);
  CHECK(is_readable(mailbox.fd()));
  mailbox.deliver();
  CHECK(second == 1);
}

TEST_CASE("messages that nobody takes are destroyed with the mailbox") {
  const auto held = std::make_shared<int>();
  {
    Mailbox mailbox;
    mailbox.post([held] { FAIL("delivered"); });
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("a loop runs what four other threads post, each in its order") {
  constexpr int kThreads = 4;
  constexpr int kMessages = 1000;
  loop::Loop loop;
  std::vector<std::vector<int>> got(kThreads);
  int total = 0;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kThreads; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kMessages; ++i) {
        loop.mailbox().post([&, sender, i] {
          got[static_cast<std::size_t>(sender)].push_back(i);
          if (++total == kThreads * kMessages) loop.stop();
        });
      }
    });
  }
  {
    const test::Watchdog watchdog(loop);
    loop.run();
    CHECK_FALSE(watchdog.barked());
  }
  for (std::thread& sender : senders) sender.join();
  for (const std::vector<int>& messages : got) {
    REQUIRE(messages.size() == kMessages);
    for (int i = 0; i < kMessages; ++i) CHECK(messages[static_cast<std::size_t>(i)] == i);
  }
}
