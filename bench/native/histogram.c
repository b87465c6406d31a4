#include "histogram.h"

// Values below kSteps have a bucket each; above, the top kStepBits + 1 bits choose one.
static unsigned bucket_of(uint64_t value) {
  if (value < kSteps) return (unsigned)value;
  const unsigned shift = 63u - (unsigned)__builtin_clzll(value) - kStepBits;
  return shift * kSteps + (unsigned)(value >> shift);
}

static uint64_t value_of(unsigned bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const unsigned shift = bucket / kSteps - 1;
  return (uint64_t)(bucket - shift * kSteps) << shift;
}

void histogram_add(struct Histogram* histogram, uint64_t value) {
  const unsigned bucket = bucket_of(value);
  histogram->counts[bucket < kBuckets ? bucket : kBuckets - 1]++;
  histogram->total++;
  if (value > histogram->largest) histogram->largest = value;
}

uint64_t histogram_at(const struct Histogram* histogram, double share) {
  const uint64_t wanted = (uint64_t)(share * (double)histogram->total);
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < kBuckets; bucket++) {
    seen += histogram->counts[bucket];
    if (seen > wanted) return value_of(bucket);
  }
  return histogram->largest;
}
