// How the kernel should share a core between our threads and everyone else's. Needs no privileges; what it does not know or does
// not allow stays as it was.
#pragma once

namespace fairlead::loop {

/// For a thread that answers requests: it runs soon after it wakes, even while another thread computes on its core. It gives
/// way to others as often in turn, so that its share of the core stays what it was (Linux 6.12 and later).
void run_soon_after_waking();

/// For a thread behind the scenes: when it wakes, whoever runs goes on running (SCHED_BATCH).
void let_others_run_on();

}  // namespace fairlead::loop
