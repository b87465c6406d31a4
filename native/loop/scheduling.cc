#include "loop/scheduling.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace fairlead::loop {
namespace {

// A thread with a shorter slice than the one that runs takes its place at once when it wakes; the default is around 3 ms, and that
// is how long a request would wait behind a reload. The kernel takes 0.1 ms at least; at twice that a busy worker beside a busy
// neighbour changes places 2,500 times a second, which costs about one percent.
constexpr std::uint64_t kSliceNanos = 200'000;

/// `struct sched_attr` of sched_setattr(2), first version. Declared here: some C libraries have it, and then in conflict with the
/// header of the kernel.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

}  // namespace

void run_soon_after_waking() {
  // Read first, since setting replaces the niceness, which is the administrator's, too.
  SchedulingAttributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;
  attributes.runtime = kSliceNanos;
  static_cast<void>(syscall(SYS_sched_setattr, 0, &attributes, 0));
}

void let_others_run_on() {
  if (sched_getscheduler(0) != SCHED_OTHER) return;
  const sched_param parameters{};
  static_cast<void>(sched_setscheduler(0, SCHED_BATCH, &parameters));
}

}  // namespace fairlead::loop
