/* SPDX-License-Identifier: MIT */
/*
 * Relaxed orders throughout: a count that is seen late, or lost because its
 * generation is cleared at that moment, moves the estimate by one in a thousand.
 *
 * Bucket numbers are floating point without a point: values below 16 units are
 * their own bucket, above that four bits after the highest one tell apart.
 */
#include "resilience/latency_internal.h"

#define UNIT_SHIFT 10 /* 1024 ns */
#define FINE_BITS  4
#define FINE       (1u << FINE_BITS)
#define STRIDE     64 /* latencies between two estimates */

static unsigned highest_bit(uint64_t units)
{
    unsigned bit = 0;

    while (units >>= 1)
        bit++;
    return bit;
}

static unsigned bucket_of(uint64_t ns)
{
    uint64_t units = ns >> UNIT_SHIFT;
    unsigned bit;
    unsigned bucket;

    if (units < FINE)
        return (unsigned)units;
    bit = highest_bit(units);
    bucket = (bit - FINE_BITS + 1) * FINE + (unsigned)((units >> (bit - FINE_BITS)) & (FINE - 1));
    return bucket < MSVC__LATENCY_BUCKETS ? bucket : MSVC__LATENCY_BUCKETS - 1;
}

/* The first value that is above all of the bucket. */
static uint64_t end_of(unsigned bucket)
{
    unsigned shift = bucket / FINE;
    uint64_t fine = bucket % FINE;

    if (shift == 0)
        return (fine + 1) << UNIT_SHIFT;
    return (FINE + fine + 1) << (shift - 1 + UNIT_SHIFT);
}

static unsigned count_in(const struct msvc__latency *latency, unsigned bucket)
{
    return atomic_load_explicit(&latency->counts[0][bucket], memory_order_relaxed) +
           atomic_load_explicit(&latency->counts[1][bucket], memory_order_relaxed);
}

static uint64_t estimate(const struct msvc__latency *latency)
{
    uint64_t total = 0;
    uint64_t above;
    unsigned bucket = MSVC__LATENCY_BUCKETS;

    for (unsigned i = 0; i < MSVC__LATENCY_BUCKETS; i++)
        total += count_in(latency, i);
    above = total * (100 - latency->percent) / 100;
    while (bucket-- > 0) {
        unsigned count = count_in(latency, bucket);

        if (count > above)
            return end_of(bucket);
        above -= count;
    }
    return 0;
}

static void forget(struct msvc__latency *latency, unsigned generation)
{
    for (unsigned i = 0; i < MSVC__LATENCY_BUCKETS; i++)
        atomic_store_explicit(&latency->counts[generation][i], 0, memory_order_relaxed);
}

void msvc__latency_record(struct msvc__latency *latency, uint64_t ns)
{
    unsigned number = atomic_fetch_add_explicit(&latency->recorded, 1, memory_order_relaxed);
    unsigned generation = number / MSVC__LATENCY_GENERATION % 2;
    unsigned known = number + 1;

    if (number % MSVC__LATENCY_GENERATION == 0)
        forget(latency, generation);
    atomic_fetch_add_explicit(&latency->counts[generation][bucket_of(ns)], 1, memory_order_relaxed);
    if (known == latency->minimum || (known % STRIDE == 0 && known > latency->minimum))
        atomic_store_explicit(&latency->estimate_ns, estimate(latency), memory_order_relaxed);
}
