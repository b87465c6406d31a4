// Latencies in nanoseconds, log-linear: 64 steps per power of two, so a percentile is within 1.6%.
#pragma once

#include <stdint.h>

enum { kStepBits = 6, kSteps = 1 << kStepBits, kBuckets = (64 - kStepBits) * kSteps };

struct Histogram {
  uint64_t total;
  uint64_t largest;
  uint64_t counts[kBuckets];
};

void histogram_add(struct Histogram* histogram, uint64_t value);

// The value below which `share` (0..1) of all values lie; 0 when there are none.
uint64_t histogram_at(const struct Histogram* histogram, double share);
