// Messages to a worker from other threads.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

namespace fairlead::loop {

/// Many senders, one receiver. Control traffic only (reloads, drains): a lock per message is fine.
class Mailbox {
 public:
  using Message = std::function<void()>;

  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Runs `message` on the receiver's thread between two loop turns. Any thread.
  void post(Message message);
  /// Becomes readable when messages wait.
  int fd() const { return fd_; }
  /// Runs what has arrived. Receiver only.
  void deliver();

 private:
  int fd_;
  std::mutex mutex_;
  std::vector<Message> waiting_;
  /// Receiver only. Keeps its room, so that a steady exchange of small messages allocates nothing.
  std::vector<Message> delivered_;
};

}  // namespace fairlead::loop
