/* SPDX-License-Identifier: MIT */
/*
 * What a breaker remembers of the last calls: by time or by number. Both are
 * lock-free, allocate nothing, and are emptied by a change of epoch without
 * anybody clearing them: every number carries the generation it belongs to,
 * and numbers of another generation read as nothing.
 */
#ifndef MSVC_RESILIENCE_WINDOW_INTERNAL_H
#define MSVC_RESILIENCE_WINDOW_INTERNAL_H

#include <stdatomic.h>

#include <msvc/base.h>

#include "resilience/epoch_internal.h"

enum {
    MSVC__RESULT_GOOD = 0,
    MSVC__RESULT_FAILED = 1,
    MSVC__RESULT_SLOW = 2,
};

/* One result: the epoch it was called in, and where to see whether that is still the present. */
struct msvc__sample {
    const _Atomic uint64_t *present;
    uint64_t epoch;
    uint64_t now_ns; /* since the breaker was made */
    unsigned result; /* bits of MSVC__RESULT_* */
};

struct msvc__sums {
    uint64_t calls;
    uint64_t failures;
    uint64_t slow;
};

#define MSVC__STRIPES 8
#define MSVC__SLICES  16

/* Counts of one group of threads; each entry is tag << 24 | count. */
struct msvc__stripe {
    _Atomic uint64_t calls[MSVC__SLICES];
    _Atomic uint64_t failures[MSVC__SLICES];
    _Atomic uint64_t slow[MSVC__SLICES];
};

struct msvc__time_window {
    struct msvc__stripe stripes[MSVC__STRIPES]; /* on cache lines of their own */
    _Atomic uint64_t verdict;                   /* see time_window.c */
    unsigned slice_shift;                       /* a slice is 2^shift nanoseconds */
    unsigned slices;                            /* in a window, 8 to 16 */
};

#define MSVC__COUNT_BITS 24
#define MSVC__COUNT_MAX  (((uint64_t)1 << MSVC__COUNT_BITS) - 1)
#define MSVC__ROUND_MASK 0xffffffu
#define MSVC__UNSETTLED  (((uint64_t)1 << 40) - 1)

#if defined(__GNUC__)
#define MSVC__FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define MSVC__FAST_TLS
#endif

/* The thread's stripe, from 1; 0 before its first result. */
extern MSVC__FAST_TLS _Thread_local size_t msvc__own_stripe;

static inline uint64_t msvc__time_tag(uint64_t epoch, uint64_t slice)
{
    return msvc__epoch_generation(epoch) << 24 | (slice / MSVC__SLICES & MSVC__ROUND_MASK);
}

static inline uint64_t msvc__settled_tag(uint64_t epoch, uint64_t slice)
{
    return msvc__epoch_generation(epoch) << 24 | (slice & MSVC__ROUND_MASK);
}

/*
 * The usual case of msvc__time_window_add(), for a good result: nobody else in
 * the stripe, not the first in the slice, settled. False when it was not
 * counted, or when it was and `counted` says so and the rates must be looked at.
 */
static inline bool msvc__time_window_add_quickly(struct msvc__time_window *window, uint64_t epoch,
                                                 uint64_t now_ns, bool *counted)
{
    uint64_t slice = now_ns >> window->slice_shift;
    uint64_t none = msvc__time_tag(epoch, slice) << MSVC__COUNT_BITS;
    _Atomic uint64_t *entry;
    uint64_t seen;

    *counted = false;
    if (msvc__own_stripe == 0)
        return false;
    entry = &window->stripes[msvc__own_stripe - 1].calls[slice % MSVC__SLICES];
    seen = atomic_load_explicit(entry, memory_order_relaxed);
    if (seen - none >= MSVC__COUNT_MAX || /* another tag, or full */
        !atomic_compare_exchange_strong(entry, &seen, seen + 1))
        return false;
    *counted = true;
    return ((atomic_load(&window->verdict) ^ msvc__settled_tag(epoch, slice)) & MSVC__UNSETTLED) ==
           0;
}

void msvc__time_window_init(struct msvc__time_window *window, uint64_t length_ns);

/* Returns whether the rates must be looked at now. */
bool msvc__time_window_add(struct msvc__time_window *window, const struct msvc__sample *sample);

/* Read before msvc__time_window_sum(), give to msvc__time_window_settle() after judging the sums.
 */
uint64_t msvc__time_window_verdict(const struct msvc__time_window *window);
void msvc__time_window_sum(const struct msvc__time_window *window, uint64_t epoch, uint64_t now_ns,
                           struct msvc__sums *out);

/* Further good results of this slice cannot change what was judged. */
void msvc__time_window_settle(struct msvc__time_window *window, uint64_t verdict, uint64_t epoch,
                              uint64_t now_ns);

struct msvc__count_window {
    _Atomic uint64_t head;     /* generation << 48 | lap << 24 | position of the next result */
    _Atomic uint64_t failures; /* generation << 48 | count, 32 bits, two's complement */
    _Atomic uint64_t slow;     /* likewise */
    unsigned length;
    unsigned minimum;
    _Atomic uint32_t slots[]; /* generation << 16 | lap << 2 | result */
};

void msvc__count_window_init(struct msvc__count_window *window, unsigned length, unsigned minimum);

/* Returns whether the rates must be looked at now. */
bool msvc__count_window_add(struct msvc__count_window *window, const struct msvc__sample *sample);
void msvc__count_window_sum(const struct msvc__count_window *window, uint64_t epoch,
                            struct msvc__sums *out);

/* Whether the present is another one than the sample's. */
static inline bool msvc__sample_is_late(const struct msvc__sample *sample)
{
    return atomic_load(sample->present) != sample->epoch;
}

#endif
