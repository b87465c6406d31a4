// Watches what is scarce: memory, descriptors, connections. Decides nothing about a request; the workers do that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/admission.h"
#include "engine/control.h"
#include "engine/events.h"
#include "engine/memory.h"
#include "engine/worker_thread.h"
#include "snapshot/generated/records.gen.h"
#include "stats/pressure.h"

namespace fairlead::engine {

/// Looks ten times a second as long as there are connections, else once. Control thread.
class Overload {
 public:
  using Workers = std::vector<std::unique_ptr<WorkerThread>>;

  Overload(const Workers& workers, Control& control, Admission& admission, stats::Pressure& pressure, Events& events)
      : workers_(workers), control_(control), admission_(admission), pressure_(pressure), events_(events) {}

  /// Takes the limits of a snapshot; begins to look with the first.
  void configure(const wire::Limits& limits);

 private:
  /// Something that the log tells at most every kQuiet, with how often it has happened since.
  struct Notice {
    std::uint64_t seen = 0;
    Nanos told = 0;
  };
  enum NoticeKind : std::uint8_t { kConnections, kClients, kDescriptors, kUpstreamDescriptors, kNoticeKinds };

  void look();
  void tell_stage(Nanos now);
  void tell_refusals(Nanos now);
  void tell(NoticeKind kind, std::uint64_t count, Nanos now, const char* what);
  void log(const char* level, const std::string& message);
  std::uint64_t sum(stats::Counter counter) const;

  const Workers& workers_;
  Control& control_;
  Admission& admission_;
  stats::Pressure& pressure_;
  Events& events_;
  ResidentMemory resident_;
  bool looking_ = false;
  stats::Stage told_stage_ = stats::Stage::kNormal;
  Nanos stage_told_ = 0;
  Nanos trimmed_ = 0;
  std::array<Notice, kNoticeKinds> notices_{};
};

}  // namespace fairlead::engine
