#include "engine/overload.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace fairlead::engine {
namespace {

using stats::Counter;
using stats::Stage;

// Between two looks. Buffers are accounted for without them; this is how late the rest may be noticed.
constexpr Nanos kInterval = 100 * kMillisecond;
constexpr Nanos kIdleInterval = kSecond;
// The log tells the same again after this long at the earliest.
constexpr Nanos kQuiet = 10 * kSecond;
// Giving free memory back to the system takes milliseconds and locks of the allocator.
constexpr Nanos kTrimInterval = kSecond;
// What the kernel holds for our sockets counts for the cgroup as well, but not as ours.
constexpr std::uint64_t kOfCgroupPercent = 90;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

void Overload::configure(const wire::Limits& limits) {
  const std::uint64_t cgroup = cgroup_memory_limit();
  const std::uint64_t available = cgroup == 0 ? physical_memory() : cgroup;
  pressure_.set_limits(limits.max_buffer_memory == 0 ? available / 2 : limits.max_buffer_memory,
                       limits.max_memory == 0 ? cgroup / 100 * kOfCgroupPercent : limits.max_memory);
  if (std::exchange(looking_, true)) return;
  admission_.set_client_limit(limits.max_connections_per_client);
  look();
}

void Overload::look() {
  const Nanos now = monotonic_now();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) admission_.set_descriptor_limit(files.rlim_cur);
  pressure_.report_resident(resident_.read());
  const Stage stage = pressure_.stage();
  if (stage != Stage::kNormal && now - trimmed_ >= kTrimInterval) {
    // What the workers have freed stays with the allocator otherwise, and counts on.
    trimmed_ = now;
    ::malloc_trim(0);
    pressure_.report_resident(resident_.read());
  }
  const bool crowded = admission_.crowded();
  // Also once more after it has become normal again.
  if (stage != Stage::kNormal || told_stage_ != Stage::kNormal || crowded) {
    for (const auto& worker : workers_) worker->post([crowded](WorkerThread& thread) { thread.relieve(crowded); });
  }
  tell_stage(now);
  tell_refusals(now);
  control_.post([this] { look(); }, admission_.open() > 0 || stage != Stage::kNormal ? kInterval : kIdleInterval);
}

/// A higher stage is told at once, a lower one when the last line is old enough, so that flapping is two lines per kQuiet.
void Overload::tell_stage(Nanos now) {
  const Stage stage = pressure_.stage();
  if (stage == told_stage_) return;
  if (stage < told_stage_ && now - stage_told_ < kQuiet) return;
  told_stage_ = stage;
  stage_told_ = now;
  std::string message = stage == Stage::kNormal ? "memory suffices again" : "memory is short: ";
  if (stage != Stage::kNormal) message += stats::stage_name(stage);
  message += " (buffers " + mebibytes(pressure_.buffers()) + " of " + mebibytes(pressure_.buffer_limit());
  if (pressure_.resident_limit() != 0) {
    message += ", process " + mebibytes(pressure_.resident()) + " of " + mebibytes(pressure_.resident_limit());
  }
  message += ")";
  // Whoever reads errors only has to learn that clients are refused.
  log(stage >= Stage::kNoRequests ? "error" : stage > Stage::kFrugal ? "warn" : "info", message);
}

void Overload::tell_refusals(Nanos now) {
  const std::uint64_t clients = sum(Counter::kConnectionsRefusedClient);
  const std::uint64_t descriptors = sum(Counter::kConnectionsRefusedDescriptors);
  const std::uint64_t all = sum(Counter::kConnectionsRefused);
  tell(kConnections, all - std::min(all, clients + descriptors), now,
       "client connections refused: there are as many as fairlead.limits allows");
  tell(kClients, clients, now,
       "client connections refused: their address has as many as fairlead.limits.maxConnectionsPerClient allows");
  tell(kDescriptors, descriptors, now,
       "client connections refused: the process may not open more files (ulimit -n, LimitNOFILE)");
  tell(kUpstreamDescriptors, sum(stats::reason_counter(Reason::kOutOfDescriptors)), now,
       "requests failed: the process may not open more files (ulimit -n, LimitNOFILE)");
}

void Overload::tell(NoticeKind kind, std::uint64_t count, Nanos now, const char* what) {
  Notice& notice = notices_[kind];
  if (count <= notice.seen || (notice.told != 0 && now - notice.told < kQuiet)) return;
  log(kind == kClients ? "warn" : "error", std::to_string(count - notice.seen) + " " + what);
  notice = {count, now};
}

void Overload::log(const char* level, const std::string& message) {
  Event event("log");
  event.text("level", level).text("message", message);
  events_.push(std::move(event));
}

std::uint64_t Overload::sum(Counter counter) const {
  std::uint64_t all = 0;
  for (const auto& worker : workers_) all += worker->counters().get(counter);
  return all;
}

}  // namespace fairlead::engine
