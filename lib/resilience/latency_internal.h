/* SPDX-License-Identifier: MIT */
/*
 * A percentile of the latest latencies, of any number of threads: counts in
 * buckets whose width is a sixteenth of their value, in two generations, of which the
 * older one is forgotten whenever the younger one is full.
 */
#ifndef MSVC_RESILIENCE_LATENCY_INTERNAL_H
#define MSVC_RESILIENCE_LATENCY_INTERNAL_H

#include <stdatomic.h>
#include <stdint.h>

#define MSVC__LATENCY_BUCKETS    384
#define MSVC__LATENCY_GENERATION 1024 /* latencies */

struct msvc__latency {
    _Atomic uint64_t estimate_ns; /* 0: none yet */
    atomic_uint recorded;         /* in all, modulo 2^32 */
    atomic_uint counts[2][MSVC__LATENCY_BUCKETS];
    unsigned percent; /* constant */
    unsigned minimum; /* constant: latencies before the first estimate */
};

void msvc__latency_record(struct msvc__latency *latency, uint64_t ns);

#endif
