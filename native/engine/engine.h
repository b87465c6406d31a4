// The only door between the data plane and its host. Everything here may be called from the host's thread; nothing
// blocks for longer than said, nothing throws.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace fairlead::engine {

/// What is fixed for the life of an engine.
struct Options {
  /// Worker threads; 1..64.
  std::uint32_t workers = 1;
  /// Connections over all entry points and workers before new ones are refused.
  std::uint32_t max_connections = 100'000;
  /// Bytes of pooled buffers per worker that are kept when idle.
  std::uint64_t idle_buffer_bytes = 4 << 20;
  /// Microseconds a worker asks for events before it sleeps; 0 = never.
  std::uint32_t poll_microseconds = 0;
  /// 1: only as long as that pays and takes the processor from nobody.
  std::uint32_t poll_adaptive = 0;
  /// Bytes that must be left of a body in clear text for the kernel to move it (splice); 0 = everything is copied.
  std::uint32_t splice_bytes = 0;
  /// Who is asked for CNAME records: a file as described in resolv.conf(5).
  std::string resolv_config = {};
  /// How many of them are followed from one host; 0..255.
  std::uint32_t resolv_depth = 0;
};

/// A request to explain: see exchange/explain.h.
struct Question {
  std::string head;
  std::string entry_point;
  bool tls = false;
  std::string server_name;
  std::string client;
  std::uint32_t near_misses = 0;
};

/// Told from any thread that events() has something to read. Must return quickly and not call the engine.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

class Engine {
 public:
  /// Threads are started by start(). `waker` outlives the engine.
  static std::unique_ptr<Engine> create(const Options& options, Waker& waker);
  virtual ~Engine() = default;

  /// Starts the workers; listeners open with the first snapshot.
  virtual bool start() = 0;
  /// Verifies and builds `bytes` on the builder thread, opens listeners that are new, and swaps every worker between two
  /// loop turns. Returns at once; the outcome is an event: {"type":"applied","generation":N} or
  /// {"type":"applyFailed","generation":N,"code":"…","message":"…"}. `bytes` are copied.
  virtual void apply(std::span<const std::byte> bytes) = 0;
  /// Verifies and builds without installing; returns the faults, one sentence each. Opens nothing. Blocks.
  virtual std::vector<std::string> check(std::span<const std::byte> bytes) = 0;
  /// Says what would become of requests under `bytes`, as a JSON array with one object for each; empty when `bytes` cannot
  /// run. Opens nothing. Blocks.
  virtual std::string explain(std::span<const std::byte> bytes, std::span<const Question> questions) = 0;
  /// The same for one request and what serves now, with the state of the first worker. The outcome is an event:
  /// {"type":"explained","number":N,"answer":{…}}.
  virtual void explain(std::uint64_t number, Question question) = 0;
  /// What is remembered of the request of that id (16 hexadecimal digits). The outcome is an event:
  /// {"type":"receipt","number":N,"answer":{…}}, with null when nothing is.
  virtual void receipt(std::uint64_t number, std::string_view id) = 0;
  /// Stops accepting after `grace`, lets exchanges finish for `limit`, then cuts. Ends with {"type":"drained","cut":N}.
  virtual void drain(Nanos grace, Nanos limit) = 0;
  /// Reopens log files (after rotation).
  virtual void reopen_logs() = 0;
  /// Sums the counters of all workers into `into`, in the order of stats/generated/counters.gen.h; returns how many
  /// were written.
  virtual std::size_t read_stats(std::span<std::uint64_t> into) = 0;
  /// What every service with a limit shows of it, as one JSON array. Any thread.
  virtual std::string read_limits() = 0;
  /// Takes all pending events as JSON objects, one per line. At most 4096 wait; older ones are dropped and counted in a
  /// {"type":"eventsLost","count":N} line.
  virtual std::string events() = 0;
  /// The health of every server that is watched, one JSON object per line, as the "server" events have it:
  /// {"type":"server","service":"…","url":"…","state":"up","cause":"…","since":ms,"error":"…"}.
  virtual std::string health() = 0;
  /// Ends everything at once and joins every thread. Idempotent; bounded by the current loop turns.
  virtual void close() = 0;
};

}  // namespace fairlead::engine
