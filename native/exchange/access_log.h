// The access log: one line per exchange, formatted by the worker, written by a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "codec/message.h"
#include "snapshot/generated/records.gen.h"
#include "stats/line_ring.h"

namespace fairlead::exchange {

/// What is known of a finished exchange. Views are valid during the call that logs it.
struct AccessRecord {
  const codec::Request* request = nullptr;
  const codec::Peer* peer = nullptr;
  /// What was sent to the client; null when nothing was.
  const codec::Response* response = nullptr;
  std::string_view entry_point;
  /// "-" when there was none.
  std::string_view router = "-";
  std::string_view service = "-";
  /// URL of the server that answered, empty when the proxy did.
  std::string_view server_url;
  /// Lower-case hexadecimal.
  std::string_view request_id;
  /// Who the client is, as a middleware found out; empty when nobody did.
  std::string_view user;
  /// Finer than the reason for refused heads, or empty.
  std::string_view fault;
  Reason reason = Reason::kNone;
  std::uint16_t status = 0;
  /// 0 when no server answered.
  std::uint16_t origin_status = 0;
  std::uint32_t retries = 0;
  bool internal = false;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::uint64_t origin_bytes = 0;
  /// Wall clock, nanoseconds since 1970.
  Nanos started = 0;
  Nanos duration = 0;
  /// Until the server's response had been read; 0 when none was asked.
  Nanos origin_duration = 0;
  /// In the queue of a service with a limit; 0 = it did not wait.
  Nanos queue_duration = 0;
  std::uint64_t request_count = 0;
};

/// Appends the line for `record`, with its line feed, in the configured format (Traefik's common, genericCLF and JSON
/// formats; see accessLog.format). False when the filters leave it out.
bool format_access_line(const wire::AccessLog& config, const AccessRecord& record, ByteBuffer& line);

/// One worker's end of the log.
class AccessLogQueue {
 public:
  /// Bytes of lines that may wait for the disk; about 4,000 lines.
  static constexpr std::size_t kBytes = 1 << 20;

  AccessLogQueue() : ring_(kBytes) {}
  /// Formats and queues. Returns false when the line was dropped because the queue was full.
  bool log(const wire::AccessLog& config, const AccessRecord& record);
  stats::LineRing& ring() { return ring_; }

 private:
  stats::LineRing ring_;
  ByteBuffer line_;
};

/// The writing thread and its file. Set up by the engine; all calls are thread-safe.
class AccessLog {
 public:
  static std::unique_ptr<AccessLog> create();
  virtual ~AccessLog() = default;
  /// Adds a worker's queue; before start().
  virtual void add(AccessLogQueue& queue) = 0;
  virtual void start() = 0;
  /// Opens `path` (empty = standard output, which is what runs until then), creating its folders, and writes there
  /// from now on. False when it cannot be opened; `fault` says why and the old file stays.
  virtual bool open(std::string_view path, std::string& fault) = 0;
  /// Opens the same path again (after rotation).
  virtual void reopen() = 0;
  /// Lines given up because they could not be written: a full disk, a broken pipe.
  virtual std::uint64_t lost() const = 0;
  /// Writes what waits, then joins the thread. Idempotent; gives up on a blocked sink after two seconds.
  virtual void stop() = 0;
};

}  // namespace fairlead::exchange
