// CPU time of other processes, exact to the nanosecond and over all their threads, ended ones included.
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct CpuTime {
  uint64_t nanoseconds;  // User and system together, from the scheduler.
  uint64_t user_ticks;   // The split is sampled by the kernel's tick, so it is good for a share only.
  uint64_t system_ticks;
};

// Sums over `count` processes; one that has ended counts as zero.
struct CpuTime cpu_time(const pid_t* pids, int count);
