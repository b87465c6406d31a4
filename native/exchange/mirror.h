// A copy of a request, sent to a service whose answer nobody gets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "base/intrusive_list.h"
#include "exchange/exchange.h"
#include "exchange/tee.h"
#include "exchange/worker.h"
#include "loop/frame_pool.h"
#include "loop/loop.h"
#include "loop/task.h"

namespace fairlead::exchange {

/// What an exchange writes to, and reads its body from, when there is no client.
class NoClient final : public codec::Inbound {
 public:
  NoClient(loop::Loop& loop, Tee::Reader& body) : loop_(loop), body_(body) {}

  // Inbound
  loop::Soon<Result<codec::BodyChunk>> read_body(Nanos deadline) override;
  Result<codec::BodyChunk> try_read_body() override { return body_.take(); }
  const codec::Headers& trailers() const override { return body_.has_body() ? body_.trailers() : no_trailers_; }
  bool body_finished() const override { return body_.finished(); }
  loop::Soon<Status> write_interim(const codec::Response&) override { return Unit{}; }
  loop::Soon<Status> write_head(const codec::Response&, std::string_view first, bool) override;
  loop::Soon<Status> write_body(std::string_view data, bool) override;
  loop::Soon<Status> write_trailers(const codec::Headers&) override { return Unit{}; }
  bool head_written() const override { return head_written_; }
  std::uint64_t bytes_read() const override { return body_.taken(); }
  std::uint64_t bytes_written() const override { return bytes_written_; }

  // RawSide: nothing is moved past us.
  Error raw_source_failed(const net::IoResult&) override { return {}; }
  Error raw_sink_failed(const net::IoResult&) override { return {}; }

 private:
  loop::Task<Result<codec::BodyChunk>> wait_for_body();
  loop::Task<Status> next_turn();

  loop::Loop& loop_;
  Tee::Reader& body_;
  Arena no_arena_;
  codec::Headers no_trailers_{no_arena_};
  std::uint64_t bytes_written_ = 0;
  bool head_written_ = false;
};

/// One copy under way. Owned by its worker's list; deletes itself when it has ended, in whatever way.
class Mirror final : public ListLink {
 public:
  /// When the copy sets out.
  enum class Start : std::uint8_t {
    kNow,           // in the next turn, after the original
    kWithWholeBody  // when all of the body is there
  };

  /// Copies what `original` is about to ask its main service, for `service`. `body` is null when the copy has none.
  static void begin(Worker& worker, const Exchange& original, std::uint32_t entry_point, const codec::Peer& peer,
                    std::uint32_t service, LocalRef<Tee> body, Start start);
  ~Mirror();
  static void* operator new(std::size_t size) { return loop::FramePool::allocate(size); }
  static void operator delete(void* memory, std::size_t size) { loop::FramePool::release(memory, size); }

 private:
  struct Body final : Tee::Reader {
    using Reader::Reader;
    void fell_behind() override { owner->end(stats::Counter::kMirrorGivenUp); }
    void lost_source() override { owner->end(stats::Counter::kMirrorCancelled); }
    void has_all() override { owner->has_all(); }
    Mirror* owner = nullptr;
  };
  struct Event : loop::Waiter {
    using Waiter::Waiter;
    Mirror* owner = nullptr;
  };
  struct Alarm : loop::Timer {
    using Timer::Timer;
    Mirror* owner = nullptr;
  };

  Mirror(Worker& worker, const Exchange& original, std::uint32_t entry_point, const codec::Peer& peer,
         std::uint32_t service, LocalRef<Tee> body);
  static void on_event(loop::Waiter& waiter);
  static void on_alarm(loop::Timer& timer);
  void set_out();
  loop::Task<void> run();
  /// Deletes it.
  void end(stats::Counter outcome);
  /// All of the request is there: from now on its time runs.
  void has_all();

  Worker& worker_;
  std::uint32_t service_;
  /// What is counted when it ends.
  stats::Counter outcome_ = stats::Counter::kMirrorSkipped;
  Body body_;
  codec::Peer peer_;
  char client_text_[46];
  alignas(16) std::array<std::byte, 3072> memory_{};
  Arena arena_;
  NoClient nobody_;
  Exchange exchange_;
  Event event_;
  Alarm alarm_;
  loop::Task<void> task_;
};

}  // namespace fairlead::exchange
