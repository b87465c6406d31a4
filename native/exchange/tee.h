// A request body on its way to more than one service.
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "base/intrusive_list.h"
#include "base/local_ref.h"
#include "exchange/held_body.h"
#include "exchange/inbound_layer.h"
#include "exchange/worker.h"
#include "loop/loop.h"

namespace fairlead::exchange {

/// What has come of a body and some reader has still to take. Whoever brings it never waits: a reader that falls behind
/// by more than `capacity` bytes is told so, once, and is a reader no more.
class Tee : public LocalCounted<Tee> {
 public:
  class Reader;

  Tee(Worker& worker, std::uint64_t capacity) : worker_(worker), held_(worker.buffers), capacity_(capacity) {}

  void append(std::string_view bytes);
  /// That was all. The trailers are copied.
  void finish(const codec::Headers& trailers);
  /// Nobody will bring the rest. Nothing happens when that was all.
  void break_off();
  bool has_readers() const { return !readers_.empty(); }
  /// Some reader has not taken all that has come.
  bool is_behind() const { return held_.end() > held_.begin() && has_readers(); }
  bool ended() const { return ended_; }
  const codec::Headers& trailers() const { return trailers_; }
  void last_reference() { delete this; }

 private:
  ~Tee() { account(0); }
  Reader* slowest();
  /// Gives back what every reader has taken.
  void trim();
  void account(std::uint64_t bytes);

  Worker& worker_;
  HeldBody held_;
  std::uint64_t capacity_;
  std::uint64_t accounted_ = 0;
  IntrusiveList<Reader> readers_;
  Arena arena_;
  codec::Headers trailers_{arena_};
  bool ended_ = false;
};

/// One of those who get the body. fell_behind() and lost_source() may destroy it.
class Tee::Reader : public ListLink {
 public:
  /// `tee` may be null: there is no body.
  Reader(Worker& worker, LocalRef<Tee> tee);
  virtual ~Reader();

  bool has_body() const { return static_cast<bool>(tee_); }
  /// What is there; views stay valid until the next call. Empty and not `last`: nothing yet.
  codec::BodyChunk take();
  /// Awaitable: more has come, or the end.
  class More;
  const codec::Headers& trailers() const { return tee_->trailers(); }
  bool finished() const { return !tee_ || (tee_->ended() && taken_ == tee_->held_.end()); }
  std::uint64_t taken() const { return taken_; }

 protected:
  /// It was too slow.
  virtual void fell_behind() = 0;
  /// The rest of the body will never come.
  virtual void lost_source() = 0;
  /// All of the body has come.
  virtual void has_all() = 0;

 private:
  friend class Tee;
  void wake();

  Worker& worker_;
  LocalRef<Tee> tee_;
  /// Bytes before `done_` are not looked at any more; those before `taken_` have been handed out.
  std::uint64_t done_ = 0;
  std::uint64_t taken_ = 0;
  loop::Waiter* waiting_ = nullptr;
};

class Tee::Reader::More {
 public:
  explicit More(Reader& reader) : reader_(reader) {}
  ~More() {
    if (reader_.waiting_ == &waiter_) reader_.waiting_ = nullptr;
  }
  More(const More&) = delete;
  More& operator=(const More&) = delete;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    waiter_.handle = awaiting;
    reader_.waiting_ = &waiter_;
  }
  void await_resume() const {}

 private:
  Reader& reader_;
  loop::Waiter waiter_;
};

/// Copies what is read through it into a tee.
class TeeLayer final : public InboundLayer {
 public:
  TeeLayer(codec::Inbound& below, std::unique_ptr<InboundLayer> owned, Worker& worker, LocalRef<Tee> tee)
      : InboundLayer(below, std::move(owned)), worker_(worker), tee_(std::move(tee)) {}
  ~TeeLayer() override { tee_->break_off(); }

  loop::Soon<Result<codec::BodyChunk>> read_body(Nanos deadline) override;
  Result<codec::BodyChunk> try_read_body() override;
  codec::RawRest raw_source() override { return tee_->has_readers() ? codec::RawRest{} : InboundLayer::raw_source(); }

 private:
  loop::Task<Result<codec::BodyChunk>> read_copied(Nanos deadline);
  void copy(const Result<codec::BodyChunk>& chunk);

  Worker& worker_;
  LocalRef<Tee> tee_;
};

}  // namespace fairlead::exchange
