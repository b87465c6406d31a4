#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace fairlead::net {
namespace {

using Kind = IoResult::Kind;
using Step = SecureLayer::Step;

// libc's recv() and send() are cancellation points, which costs a threaded process two more calls around each. Nobody
// cancels our threads. Sanitizers watch the libc calls, so their builds keep them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
ssize_t receive_bytes(int fd, char* into, std::size_t size) { return ::recv(fd, into, size, 0); }
ssize_t send_bytes(int fd, const char* from, std::size_t size, int flags) { return ::send(fd, from, size, flags); }
#else
ssize_t receive_bytes(int fd, char* into, std::size_t size) {
  return ::syscall(SYS_recvfrom, fd, into, size, 0, nullptr, nullptr);
}
ssize_t send_bytes(int fd, const char* from, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
#endif

// Neither end blocks: pipes and sockets are non-blocking, and the pipe's part has a flag of its own.
ssize_t splice_bytes(int from, int to, std::size_t size) {
  return ::syscall(SYS_splice, from, nullptr, to, nullptr, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

// So much of a long body is worth a wake-up. Larger steps gain nothing more.
constexpr std::uint64_t kBulkMark = 256 * 1024;
// How long less than that may lie in the kernel. The timers make up to twice as much of it.
constexpr Nanos kBulkPatience = 4 * kMillisecond;

// A read that brings this much comes from a peer that is fast enough to wait for more of it at a time.
constexpr std::size_t kDenseBytes = 128 * 1024;

// A write through TLS takes at most this much at once, so that unsent ciphertext stays bounded.
constexpr std::size_t kSecureWriteBytes = 256 * 1024;

}  // namespace

// Why a call has moved nothing, from errno: the socket is empty or full, or it has failed.
IoResult Stream::refused(bool& ready) {
  if (errno == EAGAIN) {
    ready = false;
    return IoResult::of(Kind::kAgain);
  }
  failed_ = true;
  return IoResult::of(Kind::kError);
}

IoResult Stream::receive(std::span<char> into) {
  if (!descriptor_.readable) return IoResult::of(Kind::kAgain);
  ssize_t got;
  do {
    got = receive_bytes(descriptor_.fd(), into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    const auto count = static_cast<std::size_t>(got);
    // A short read emptied the kernel's buffer: an edge will tell of more. After a hangup no further edge comes.
    if (count < into.size() && !descriptor_.hangup) descriptor_.readable = false;
    if (count >= kDenseBytes) trickles_ = false;
    return IoResult::bytes(count);
  }
  if (got == 0) return IoResult::of(Kind::kEof);
  return refused(descriptor_.readable);
}

IoResult Stream::send(std::string_view bytes, int flags) {
  if (!descriptor_.writable) return IoResult::of(Kind::kAgain);
  ssize_t sent;
  do {
    sent = send_bytes(descriptor_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    const auto count = static_cast<std::size_t>(sent);
    if (count < bytes.size()) descriptor_.writable = false;
    return IoResult::bytes(count);
  }
  return refused(descriptor_.writable);
}

IoResult Stream::splice_in(Pipe& pipe, std::uint64_t most) {
  if (!descriptor_.readable) return IoResult::of(Kind::kAgain);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(most, PipePool::kPipeBytes));
  ssize_t got;
  do {
    got = splice_bytes(descriptor_.fd(), pipe.write_end(), size);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    const auto count = static_cast<std::size_t>(got);
    pipe.filled(count);
    if (count >= kDenseBytes) trickles_ = false;
    return IoResult::bytes(count);
  }
  if (got == 0) return IoResult::of(Kind::kEof);
  // Where that is EAGAIN, the pipe was empty, so it was the socket that had nothing.
  return refused(descriptor_.readable);
}

IoResult Stream::splice_out(Pipe& pipe) {
  if (!descriptor_.writable) return IoResult::of(Kind::kAgain);
  ssize_t sent;
  do {
    sent = splice_bytes(pipe.read_end(), descriptor_.fd(), pipe.held());
  } while (sent < 0 && errno == EINTR);
  if (sent > 0) {
    // Fewer than there were need not mean that the socket is full; the next call finds out.
    pipe.drained(static_cast<std::size_t>(sent));
    return IoResult::bytes(static_cast<std::size_t>(sent));
  }
  // A pipe that holds something is not at its end.
  if (sent == 0) errno = EPIPE;
  return refused(descriptor_.writable);
}

void Stream::set_low_water(int bytes) {
  if (bytes == 1) trickles_ = false;
  if (bytes == low_water_ || !open()) return;
  if (::setsockopt(descriptor_.fd(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0) low_water_ = bytes;
}

loop::Task<loop::Wake> Stream::await_bulk(std::uint64_t left, Nanos deadline) {
  const std::uint64_t mark = trickles_ ? 1 : std::min(left, kBulkMark);
  if (mark > 1) {
    set_low_water(static_cast<int>(mark));
    const Nanos soon = loop_.now() + kBulkPatience;
    const bool is_sooner = deadline == 0 || soon < deadline;
    const loop::Wake wake = co_await readable(is_sooner ? soon : deadline);
    if (wake != loop::Wake::kTimeout || !is_sooner) co_return wake;
    set_low_water(1);
    trickles_ = true;
    // What is there may be less than the mark, and then no edge has told of it.
    descriptor_.readable = true;
    co_return loop::Wake::kReady;
  }
  const loop::Wake wake = co_await readable(deadline);
  co_return wake;
}

IoResult Stream::flush() {
  while (!unsent_.empty()) {
    const IoResult sent = send(unsent_.view());
    if (!sent.ok()) return sent;
    unsent_.consume(sent.count);
  }
  if (unsent_.capacity() > 0) unsent_ = ByteBuffer();
  unsent_waits_ = false;
  return IoResult::bytes(0);
}

// Puts the end of the handshake in front of what is sent next.
void Stream::take_waiting(ByteBuffer& output) {
  output.append(unsent_.view());
  unsent_ = ByteBuffer();
  unsent_waits_ = false;
}

// Sends records from the shared scratch; what the socket does not take becomes ours.
void Stream::emit(ByteBuffer& output) {
  if (output.empty()) return;
  std::size_t sent = 0;
  if (unsent_.empty()) {
    const IoResult result = send(output.view());
    if (result.ok()) sent = result.count;
  }
  unsent_.append(output.view().substr(sent));
  output.clear();
}

IoResult Stream::read_secure(std::span<char> into) {
  ByteBuffer& output = scratch_.output();
  for (;;) {
    std::size_t count = 0;
    Step step = Step::kWantRead;
    if (!stashed_.empty() || secure_->has_pending()) {
      CipherInput input{stashed_.data(), stashed_.data() + stashed_.size()};
      step = secure_->read(input, output, into, count);
      stashed_.consume(stashed_.size() - input.size());
      if (stashed_.empty() && stashed_.capacity() > 0) stashed_ = ByteBuffer();
    } else {
      const IoResult received = receive(scratch_.cipher());
      if (received.kind == Kind::kEof) return IoResult::of(Kind::kError);
      if (!received.ok()) return received;
      CipherInput input{scratch_.cipher().data(), scratch_.cipher().data() + received.count};
      step = secure_->read(input, output, into, count);
      if (input.size() > 0) stashed_.append({input.at, input.size()});
    }
    emit(output);
    if (step == Step::kDone && count > 0) return IoResult::bytes(count);
    if (step == Step::kClosed) return IoResult::of(Kind::kEof);
    if (step == Step::kFailed) {
      failed_ = true;
      return IoResult::of(Kind::kError);
    }
  }
}

IoResult Stream::write_secure(std::string_view bytes) {
  ByteBuffer& output = scratch_.output();
  if (unsent_waits_) {
    take_waiting(output);
  } else {
    const IoResult flushed = flush();
    if (!flushed.ok()) return flushed;
  }
  bytes = bytes.substr(0, kSecureWriteBytes);
  CipherInput none;
  if (secure_->write(none, output, bytes) != Step::kDone) {
    failed_ = true;
    output.clear();
    return IoResult::of(Kind::kError);
  }
  emit(output);
  return failed_ ? IoResult::of(Kind::kError) : IoResult::bytes(bytes.size());
}

IoResult Stream::try_read(std::span<char> into) { return secure_ != nullptr ? read_secure(into) : receive(into); }

bool Stream::is_readable() {
  if (holds_input()) return true;
  if (!descriptor_.readable) return false;
  char byte;
  const bool waits = ::recv(descriptor_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  if (waits) descriptor_.readable = false;
  return !waits;
}

IoResult Stream::try_write(std::string_view bytes) { return secure_ != nullptr ? write_secure(bytes) : send(bytes); }

bool Stream::write_now(std::string_view& bytes, IoResult& result) {
  result = try_write(bytes);
  if (result.ok()) bytes.remove_prefix(result.count);
  return result.ok() ? bytes.empty() && !has_unsent() : result.kind != Kind::kAgain;
}

loop::Task<IoResult> Stream::read(std::span<char> into, Nanos deadline) {
  for (;;) {
    const IoResult result = try_read(into);
    if (result.kind != Kind::kAgain) co_return result;
    const loop::Wake wake = co_await readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return IoResult::of(Kind::kTimeout);
    if (wake == loop::Wake::kHangup) co_return IoResult::of(Kind::kError);
  }
}

loop::Task<IoResult> Stream::write_all(std::string_view bytes, Nanos stall) {
  const std::size_t size = bytes.size();
  while (!bytes.empty() || has_unsent()) {
    const std::size_t waiting = unsent_.size();
    const IoResult result = bytes.empty() ? flush() : try_write(bytes);
    if (result.ok()) {
      bytes.remove_prefix(result.count);
      if (result.count > 0 || !has_unsent()) continue;
    } else if (result.kind != Kind::kAgain) {
      co_return result;
    }
    // Progress inside flush() counts as well: the stall clock starts anew.
    if (unsent_.size() < waiting) continue;
    const loop::Wake wake = co_await writable(stall == 0 ? 0 : loop_.now() + stall);
    if (wake == loop::Wake::kTimeout) co_return IoResult::of(Kind::kTimeout);
    if (wake == loop::Wake::kHangup) co_return IoResult::of(Kind::kError);
  }
  co_return IoResult::bytes(size);
}

loop::Task<IoResult> Stream::flush_by(Nanos deadline) {
  for (;;) {
    const IoResult sent = flush();
    if (sent.kind != Kind::kAgain) co_return sent;
    const loop::Wake wake = co_await writable(deadline);
    if (wake == loop::Wake::kTimeout) co_return IoResult::of(Kind::kTimeout);
    if (wake == loop::Wake::kHangup) co_return IoResult::of(Kind::kError);
  }
}

loop::Task<IoResult> Stream::handshake(std::unique_ptr<SecureLayer> layer, Nanos deadline) {
  secure_ = std::move(layer);
  CipherInput input;
  for (;;) {
    const Step step = secure_->handshake(input, scratch_.output());
    if (input.size() > 0) stashed_.append({input.at, input.size()});
    if (step == Step::kDone && !has_unsent() && secure_->last_flight_waits()) {
      unsent_.append(scratch_.output().view());
      unsent_waits_ = has_unsent();
      scratch_.output().clear();
      break;
    }
    emit(scratch_.output());
    if (step != Step::kDone && step != Step::kWantRead) {
      failed_ = true;
      co_return IoResult::of(Kind::kError);
    }
    if (has_unsent()) {
      const IoResult sent = co_await flush_by(deadline);
      if (!sent.ok()) co_return sent;
    }
    if (step == Step::kDone) break;
    IoResult received = receive(scratch_.cipher());
    while (received.kind == Kind::kAgain) {
      const loop::Wake wake = co_await readable(deadline);
      if (wake == loop::Wake::kTimeout) co_return IoResult::of(Kind::kTimeout);
      if (wake == loop::Wake::kHangup) co_return IoResult::of(Kind::kError);
      received = receive(scratch_.cipher());
    }
    if (!received.ok()) co_return received;
    input = {scratch_.cipher().data(), scratch_.cipher().data() + received.count};
  }
  secure_->shed();
  co_return IoResult::bytes(0);
}

void Stream::shutdown_write() {
  if (!open()) return;
  if (secure_ != nullptr && !failed_) {
    if (unsent_waits_) take_waiting(scratch_.output());
    secure_->shutdown(scratch_.output());
    emit(scratch_.output());
  }
  ::shutdown(descriptor_.fd(), SHUT_WR);
}

void Stream::say_goodbye() {
  if (!open() || secure_ == nullptr || failed_) return;
  ByteBuffer& output = scratch_.output();
  if (unsent_waits_) take_waiting(output);
  secure_->shutdown(output);
  if (!has_unsent()) send(output.view(), MSG_MORE);
  output.clear();
}

void Stream::close() {
  if (!open()) return;
  const int fd = descriptor_.fd();
  loop_.forget(descriptor_);
  descriptor_.reset(-1);
  ::close(fd);
}

void Stream::abort() {
  if (!open()) return;
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

}  // namespace fairlead::net
