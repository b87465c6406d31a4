#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

namespace fairlead::net {

void Pipe::release() {
  if (pool_ == nullptr) return;
  std::exchange(pool_, nullptr)->give({read_end_, write_end_}, held_ == 0);
  read_end_ = write_end_ = -1;
  held_ = 0;
}

PipePool::~PipePool() {
  for (const Ends ends : idle_) close(ends);
}

Pipe PipePool::take() {
  if (!idle_.empty()) {
    const Ends ends = idle_.back();
    idle_.pop_back();
    return Pipe(*this, ends.read, ends.write);
  }
  int ends[2];
  if (open_ == most_ || ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  ++open_;
  ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kPipeBytes));
  return Pipe(*this, ends[0], ends[1]);
}

void PipePool::give(Ends ends, bool empty) {
  if (empty && idle_.size() < most_idle_) {
    idle_.push_back(ends);
  } else {
    close(ends);
  }
}

void PipePool::close(Ends ends) {
  ::close(ends.read);
  ::close(ends.write);
  --open_;
}

}  // namespace fairlead::net
